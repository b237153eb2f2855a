import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { claim, type IdempotencyState, isHeldBy, settle } from "../../../src/domain/executions/idempotency.ts";
import { createExecuteOnce } from "../../../src/services/executions/execute-once.ts";
import { createIdempotencyKeys, type IdempotencyObject } from "../../../src/services/executions/idempotency-keys.ts";
import type { ExecutePrompt } from "../../../src/services/executions/execute-prompt.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import { ExecutionFailed, type ExecutionEvent } from "../../../src/services/executions/execute-result.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";

const request: ExecutionRequest = {
  tenant_id: "ten",
  key_id: "key",
  variables: { b: 1, a: 2 },
  lane: "standard",
  options: {
    prompt: { name: "p" },
    parameters: {},
    cache_control: { no_store: false, no_cache: false, only_if_cached: false },
  },
};
const timings = startTimings(() => 0);
const served = { cache: "bypass", tier: null, age_ms: null, stale: false, pointer_age_ms: 0, degraded: [] } as const;

function executionOf(id: string): Execution {
  return { id, output: "hello", attempts: 1, prompt_name: "p", prompt_version: 3, error: null } as Execution;
}

/** The Durable Object of a key, in memory. */
function idempotencyObject(clock: { now: number }): IdempotencyObject {
  let state: IdempotencyState | undefined;
  let result = "";
  return {
    async claim(request) {
      const { verdict, next } = claim(state, request, clock.now);
      state = next ?? state;
      return verdict.kind === "replay" ? { kind: "replay", result } : verdict;
    },
    async settle(token, status, text) {
      const next = settle(state, token, status);
      if (!next) return false;
      [state, result] = [next, text];
      return true;
    },
    async release(token) {
      if (isHeldBy(state, token)) state = undefined;
    },
  };
}

function world() {
  const clock = { now: 1_795_000_000_000 };
  const ids: string[] = [];
  const recorded = new Map<string, Execution>();
  const objects = new Map<string, IdempotencyObject>();
  const behaviour = { error: undefined as AppError | undefined, workerVanishes: false };
  const executeAs = (id = "") => {
    ids.push(id);
    const execution = executionOf(id);
    if (behaviour.workerVanishes) return new Promise<never>(() => undefined);
    if (behaviour.error) throw new ExecutionFailed(behaviour.error, execution);
    return execution;
  };
  const execute: ExecutePrompt = {
    run: async ({ id }) => ({ execution: await executeAs(id), served }),
    async stream({ id }) {
      const execution = await executeAs(id);
      async function* events(): AsyncGenerator<ExecutionEvent> {
        yield { type: "delta", text: "hel" };
        yield { type: "delta", text: "lo" };
        yield { type: "done", execution };
      }
      const prompt = { name: "p", version: 3, label: null };
      return { id: execution.id, prompt, model: "m", attempts: 1, served, events: events() };
    },
  };
  const once = createExecuteOnce({
    execute,
    now: () => clock.now,
    keys: createIdempotencyKeys((tenant, key) => {
      const name = `${tenant}/${key}`;
      const known = objects.get(name) ?? idempotencyObject(clock);
      objects.set(name, known);
      return known;
    }),
    find: async (_tenant, id) => recorded.get(id),
    executionTimeoutMs: 30_000,
  });
  return { clock, ids, recorded, behaviour, once };
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
    behaviour.workerVanishes = true;
    void once.run("k", request, timings);
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ status: 409, retryAfterMs: 1_000 });
  });

  it("runs again under the same id after a worker has vanished without a record", async () => {
    const { clock, ids, behaviour, once } = world();
    behaviour.workerVanishes = true;
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    clock.now += 45_000;
    behaviour.workerVanishes = false;
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
    behaviour.workerVanishes = true;
    void once.run("k", request, timings);
    await expect.poll(() => ids.length).toBe(1);
    recorded.set(ids[0] ?? "", executionOf(ids[0] ?? ""));
    clock.now += 45_000;
    const second = await once.run("k", request, timings);
    expect([second.replayed, second.execution.id, ids.length]).toEqual([true, ids[0], 1]);
    expect((await once.run("k", request, timings)).replayed).toBe(true);
  });

  it("replays a failure for which money may have been spent, marked as a replay", async () => {
    const { ids, behaviour, once } = world();
    behaviour.error = new AppError("timeout", "late", { retryable: true });
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ replayed: false });
    behaviour.error = undefined;
    await expect(once.run("k", request, timings)).rejects.toMatchObject({ replayed: true, error: { code: "timeout" } });
    expect(ids).toHaveLength(1);
  });

  it("frees the key when nothing was spent", async () => {
    const { ids, behaviour, once } = world();
    for (const error of [new AppError("provider_overloaded", "busy"), new AppError("rate_limit_error", "slow down")]) {
      behaviour.error = error;
      await expect(once.run("k", request, timings)).rejects.toMatchObject({ error });
    }
    behaviour.error = undefined;
    expect((await once.run("k", request, timings)).replayed).toBe(false);
    expect(ids).toHaveLength(3);
  });
});
