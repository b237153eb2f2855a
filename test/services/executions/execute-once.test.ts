import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../src/domain/errors.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { createIdempotencyKeys, type IdempotencyObject } from "../../../src/services/executions/idempotency-keys.ts";
import { ExecutionFailed, type ExecutionEvent } from "../../../src/services/executions/execute-result.ts";
import { executionOf, keyedWorld as world, request } from "../../support/keyed-world.ts";

const timings = startTimings(() => 0);

/** A failure whose calls cost nothing for sure, or may have cost something. */
function failed(code: ErrorCode, facts: { unspent?: boolean } = {}): ExecutionFailed {
  return new ExecutionFailed(new AppError(code, code, { retryable: true }), executionOf(""), facts);
}

async function textOf(events: AsyncIterable<ExecutionEvent>): Promise<string> {
  let text = "";
  for await (const event of events) text += event.type === "text" ? event.text : `|${event.type}`;
  return text;
}
describe("an execution under an idempotency key", () => {
  it("gives the first result again under the first id, in whatever order its variables come", async () => {
    const { ids, once } = world();
    const first = await once.run("k", request, timings);
    const again = await once.run("k", { ...request, variables: { a: 2, b: 1 } }, timings);
    expect([first.replayed, again.replayed, ids.length]).toEqual([false, true, 1]);
    expect(again.execution).toEqual(first.execution);
    expect(first.execution.id).toBe(ids[0]);
  });

  it("replays a stream as a stream, and refuses the key for the other form", async () => {
    const { ids, once } = world();
    const first = await once.stream("k", request, timings);
    expect(await textOf(first.events)).toBe("hello|done");
    const again = await once.stream("k", request, timings);
    expect([again.replayed, again.id, await textOf(again.events)]).toEqual([true, first.id, "hello|done"]);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 422 });
    expect(ids).toHaveLength(1);
  });

  it("refuses the key for another request, names the header, and does not affect other tenants", async () => {
    const { ids, once } = world();
    await once.run("k", request, timings);
    await expect(once.run("k", { ...request, variables: {} }, timings)).rejects.toMatchObject({
      status: 422,
      errors: [{ path: "idempotency-key" }],
    });
    await once.run("k", { ...request, tenant_id: "other", variables: {} }, timings);
    expect(ids).toHaveLength(2);
  });

  it.each(["", "with space", "ü", "x".repeat(256)])("refuses the key %j", async (key) => {
    await expect(world().once.run(key, request, timings)).rejects.toMatchObject({ status: 422 });
  });

  it("answers 409 with a retry delay while the first execution runs", async () => {
    const { behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 409, retryAfterMs: 1_000 });
  });

  it("replays a failure for which money may have been spent, marked as a replay, whatever its code", async () => {
    for (const code of ["timeout", "rate_limit_error", "provider_overloaded"] as const) {
      const { ids, behaviour, once } = world();
      behaviour.thrown = failed(code);
      await expect(once.run("k", request, timings)).rejects.toMatchObject({ replayed: false });
      behaviour.thrown = undefined;
      await expect(once.run("k", request, timings)).rejects.toMatchObject({ replayed: true, error: { code } });
      expect(ids).toHaveLength(1);
    }
  });

  it("frees the key after a passing failure that certainly cost nothing", async () => {
    const { ids, behaviour, once } = world();
    for (const code of ["provider_overloaded", "rate_limit_error", "timeout"] as const) {
      behaviour.thrown = failed(code, { unspent: true });
      await expect(once.run("k", request, timings)).rejects.toMatchObject({ error: { code } });
    }
    behaviour.thrown = undefined;
    expect((await once.run("k", request, timings)).replayed).toBe(false);
    expect(new Set(ids).size).toBe(4);
  });

  it("frees the key where the execution never started, and keeps it where nobody knows what was spent", async () => {
    const { behaviour, once, statusOf } = world();
    behaviour.thrown = new AppError("validation_error", "bad input");
    await expect(once.run("k", request, timings)).rejects.toThrow("bad input");
    expect(statusOf()).toBeUndefined();
    const other = world();
    other.lost.set("record", ["call"]).set("settle", ["call"]);
    await expect(other.once.run("k", request, timings)).rejects.toThrow("record was lost");
    expect(other.statusOf()).toBe("in_progress");
  });
});

describe("an idempotency key whose calls are lost", () => {
  it("gives the paid answer although it cannot be settled, and the next call finds it by its id", async () => {
    const { clock, ids, lost, faults, once } = world();
    lost.set("settle", ["call"]);
    const first = await once.run("k", request, timings);
    expect([first.replayed, faults]).toEqual([false, ["idempotency_unsettled"]]);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 409 });
    lost.clear();
    clock.now += 45_000;
    const second = await once.run("k", request, timings);
    expect([second.replayed, second.execution, ids.length]).toEqual([true, first.execution, 1]);
  });

  it.each(["call", "reply"] as const)("settles at the second try where the %s of the first is lost", async (loss) => {
    const { ids, lost, faults, once } = world();
    lost.set("settle", [loss, undefined]);
    const first = await once.run("k", request, timings);
    const second = await once.run("k", request, timings);
    expect([second.replayed, second.execution, ids.length, faults]).toEqual([true, first.execution, 1, []]);
  });

  it("relays each piece when it comes, and holds back only what may be the end", async () => {
    const { once, behaviour } = world();
    const [first, second, end] = ["data: {}\n\n", 'data: {"a":1}\n\n', "data: [DONE]\n\n"];
    behaviour.relayed = [first, second, end];
    const { events } = await once.stream("k", request, timings);
    const read = events[Symbol.asyncIterator]();
    expect((await read.next()).value).toEqual({ type: "relayed", text: first });
    expect(behaviour.relayed).toEqual([second, end]);
    expect((await read.next()).value).toEqual({ type: "relayed", text: second });
    expect(behaviour.relayed).toEqual([end]);
    expect((await read.next()).value).toEqual({ type: "relayed", text: end });
    expect(behaviour.relayed).toEqual([]);
    expect(await textOf({ [Symbol.asyncIterator]: () => read })).toMatch(/done$/);
  });

  it("gives a stream its end although it cannot be settled", async () => {
    const { clock, ids, lost, once } = world();
    lost.set("settle", ["call"]);
    expect(await textOf((await once.stream("k", request, timings)).events)).toBe("hello|done");
    lost.clear();
    clock.now += 45_000;
    const second = await once.stream("k", request, timings);
    expect([second.replayed, await textOf(second.events), ids.length]).toEqual([true, "hello|done", 1]);
  });

  it("keeps an answer that could not be recorded, and records it before it is told", async () => {
    for (const form of ["run", "stream"] as const) {
      const { ids, recorded, lost, once } = world();
      lost.set("record", ["call"]);
      const ask = async () => {
        const reply = await once[form]("k", request, timings);
        return "events" in reply ? textOf(reply.events) : reply.execution.output;
      };
      await expect(ask()).rejects.toThrow("record was lost");
      await expect(ask()).rejects.toThrow("record was lost");
      lost.clear();
      expect([await ask(), ids.length, [...recorded.keys()]]).toEqual([
        form === "run" ? "hello" : "hello|done",
        1,
        ids,
      ]);
    }
  });

  it("answers 503 with Retry-After and executes nothing where the key cannot be reached", async () => {
    const { ids, lost, once } = world();
    lost.set("claim", ["call"]);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 503, retryAfterMs: 1_000 });
    expect(ids).toEqual([]);
  });

  it("begins where the reply to its claim is lost, because the claim may be repeated", async () => {
    const { ids, lost, once } = world();
    lost.set("claim", ["reply", undefined]);
    expect((await once.run("k", request, timings)).replayed).toBe(false);
    expect(ids).toHaveLength(1);
  });

  it("does not repeat a call to an object that is overloaded", async () => {
    let claims = 0;
    const object = {
      claim: async () => Promise.reject(Object.assign(new Error(`busy ${++claims}`), { overloaded: true })),
    };
    const deps = { now: () => 0, sleep: async () => undefined, onFault: () => undefined };
    const keys = createIdempotencyKeys({ ...deps, objectOf: () => object as unknown as IdempotencyObject });
    const keyed = { tenant_id: "ten", key: "k", request, id: "exe", lease_ms: 1 };
    await expect(keys.begin(keyed)).rejects.toMatchObject({ status: 503 });
    expect(claims).toBe(1);
  });
});
