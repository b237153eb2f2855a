import { describe, expect, it } from "vitest";
import { AppError, type ErrorCode } from "../../../src/domain/errors.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { createExecuteOnce } from "../../../src/services/executions/execute-once.ts";
import { createIdempotencyKeys, type IdempotencyObject } from "../../../src/services/executions/idempotency-keys.ts";
import type { ExecutePrompt, ExecutionOwner } from "../../../src/services/executions/execute-prompt.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import { ExecutionFailed, type ExecutionEvent } from "../../../src/services/executions/execute-result.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { intentOf } from "../../support/intent.ts";
import { type Loss, lossy, openKeys } from "../../support/key-objects.ts";
import { KEYED_REQUEST } from "../../support/keyed-request.ts";

const request: ExecutionRequest = { ...KEYED_REQUEST, variables: { b: 1, a: 2 } };
const timings = startTimings(() => 0);
const served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] } as const;

const FAILED = { code: "provider_error", detail: "broken" } as const;

function executionOf(id: string, created_at = 0, isFailed = false): Execution {
  const of = { id, created_at, output: "hello", attempts: 1, prompt_name: "p", prompt_version: 3 };
  return { ...of, status: isFailed ? "failed" : "succeeded", error: isFailed ? FAILED : null } as Execution;
}

/** A failure whose calls cost nothing for sure, or may have cost something. */
function failed(code: ErrorCode, facts: { unspent?: boolean } = {}): ExecutionFailed {
  return new ExecutionFailed(new AppError(code, code, { retryable: true }), executionOf(""), facts);
}

function world() {
  const clock = { now: 1_795_000_000_000 };
  const ids: string[] = [];
  const recorded = new Map<string, Execution>();
  const lost = new Map<string, Loss[]>();
  /** What becomes of the next calls of a name; the last entry holds for all that follow. */
  const lose = (call: string) => {
    const of = lost.get(call) ?? [];
    return of.length > 1 ? of.shift() : of[0];
  };
  const never = async () => new Promise<never>(() => undefined);
  const behaviour = {
    thrown: undefined as Error | undefined,
    vanishes: "never" as "never" | "early" | "calling",
    stalls: undefined as Promise<void> | undefined,
  };
  const executeAs = async (id: string, { record, start }: ExecutionOwner) => {
    ids.push(id);
    const startedAt = clock.now;
    if (behaviour.thrown instanceof AppError) throw behaviour.thrown;
    if (behaviour.vanishes === "early") return never();
    await behaviour.stalls;
    await start?.(intentOf(id, startedAt));
    if (behaviour.vanishes === "calling") return never();
    const execution = executionOf(id, clock.now, behaviour.thrown !== undefined);
    await record?.(execution);
    if (behaviour.thrown instanceof ExecutionFailed) {
      const { error, unspent } = behaviour.thrown;
      throw new ExecutionFailed(error, execution, { unspent });
    }
    return execution;
  };
  const execute: ExecutePrompt = {
    run: async ({ id = "" }, _timings, owner = {}) => ({ execution: await executeAs(id, owner), served }),
    async stream({ id = "" }, _timings, owner = {}) {
      async function* events(): AsyncGenerator<ExecutionEvent> {
        yield { type: "delta", text: "hel" };
        yield { type: "delta", text: "lo" };
        yield { type: "done", execution: await executeAs(id, owner) };
      }
      const prompt = { name: "p", version: 3, label: null };
      return { id, prompt, model: "m", attempts: 1, served, events: events() };
    },
  };
  const { keys, faults, sleep, statusOf } = openKeys(clock, lose);
  const once = createExecuteOnce({
    execute,
    now: () => clock.now,
    keys,
    find: async (_tenant, id) => lossy("find", lose("find"), () => recorded.get(id)),
    record: async (execution) =>
      lossy("record", lose("record"), () => {
        const first = recorded.get(execution.id);
        if (!first || first.status === "unknown") recorded.set(execution.id, execution);
      }),
    sleep,
    onFault: (event) => faults.push(event),
    executionTimeoutMs: 30_000,
  });
  return { clock, ids, recorded, lost, behaviour, faults, once, statusOf: () => statusOf("ten", "k") };
}

async function textOf(events: AsyncIterable<ExecutionEvent>): Promise<string> {
  let text = "";
  for await (const event of events) text += event.type === "delta" ? event.text : `|${event.type}`;
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

  it("calls nobody after a worker has vanished that may have paid: its end is recorded as unknown", async () => {
    const { clock, ids, recorded, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.vanishes = "never";
    const [id = ""] = ids;
    const unknown = { replayed: true, error: { code: "internal_error" }, execution: { id, status: "unknown" } };
    await expect(once.run("k", request, timings)).rejects.toMatchObject(unknown);
    await expect(once.run("k", request, timings)).rejects.toMatchObject(unknown);
    // Five calls of 1,000 tokens at $0.15 and 2,000 at $0.60 a million.
    expect([...recorded.values()]).toMatchObject([{ id, status: "unknown", cost_nanousd: 6_750_000, attempts: 5 }]);
    expect(ids).toHaveLength(1);
  });

  it("tells the end of a vanished worker that becomes known after it was taken for unknown", async () => {
    const { clock, ids, recorded, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    const [id = ""] = ids;
    const late = executionOf(id, clock.now);
    clock.now += 45_000;
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ execution: { status: "unknown" } });
    recorded.set(id, late);
    const second = await once.run("k", request, timings);
    expect([second.replayed, second.execution.output, ids.length]).toEqual([true, late.output, 1]);
  });

  it("does not let a worker start whose key has passed on, and records nothing for it", async () => {
    const { clock, ids, recorded, lost, behaviour, once } = world();
    const first = Promise.withResolvers<void>();
    behaviour.stalls = first.promise;
    const stalled = once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.stalls = undefined;
    const second = await once.run("k", request, timings);
    first.resolve();
    await expect(stalled).rejects.toMatchObject({ status: 409 });
    expect([[...recorded.values()], ids[1], lost.size]).toEqual([[second.execution], ids[0], 0]);
  });

  it("starts nothing where the key cannot be told, and is free again", async () => {
    const { lost, recorded, once, statusOf } = world();
    lost.set("claim", [undefined, "call"]);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 503 });
    expect([recorded.size, statusOf()]).toEqual([0, undefined]);
  });

  it("runs again under the same id after a worker has vanished before it could pay", async () => {
    const { clock, ids, behaviour, once } = world();
    behaviour.vanishes = "early";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.vanishes = "never";
    const second = await once.run("k", request, timings);
    expect([second.replayed, ids.length, ids[0] === ids[1], second.execution.id === ids[0]]).toEqual([
      false,
      2,
      true,
      true,
    ]);
  });

  it("gives the record that a vanished worker left, without another call", async () => {
    const { clock, ids, recorded, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    recorded.set(ids[0] ?? "", executionOf(ids[0] ?? ""));
    clock.now += 45_000;
    const second = await once.run("k", request, timings);
    expect([second.replayed, second.execution.id, ids.length]).toEqual([true, ids[0], 1]);
    expect((await once.run("k", request, timings)).replayed).toBe(true);
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

  it("calls nobody while the record of a vanished worker cannot be read, and resolves the key at once after", async () => {
    const { clock, ids, recorded, lost, behaviour, once } = world();
    behaviour.vanishes = "calling";
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    recorded.set(ids[0] ?? "", executionOf(ids[0] ?? ""));
    clock.now += 45_000;
    lost.set("find", ["call"]);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 503, retryAfterMs: 1_000 });
    lost.clear();
    expect([(await once.run("k", request, timings)).replayed, ids.length]).toEqual([true, 1]);
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
