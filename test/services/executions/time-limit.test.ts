import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import { ExecutionIds } from "../../../src/services/executions/execution-ids.ts";
import { createExecutePrompt } from "../../../src/services/executions/execute-prompt.ts";
import type { VersionRow } from "../../../src/storage/prompts/prompts.ts";
import { findTimeLimit } from "../../../src/services/executions/time-limit.ts";
import type { CompletionCall } from "../../../src/services/completions/completion-call.ts";
import type { ResolvedPrompt } from "../../../src/services/prompts/resolve-prompt.ts";
import { keyedWorld } from "../../support/keyed-world.ts";
import { KEYED_REQUEST } from "../../support/keyed-request.ts";

const TIMEOUT_MS = 30_000;

/** A version of a prompt with these times. */
function resolved(timeouts: object = {}): ResolvedPrompt {
  const { definition } = importPrompt(JSON.stringify({ template: "Say.", settings: { timeouts } }), "json", "t");
  return {
    row: { name: "t", version: 1, definition } as VersionRow,
    label: null,
    pointer: { latest_version: 1, labels: {}, cache_epoch: 0 },
    pointer_age_ms: 0,
    degraded: [],
  };
}

/** The request with more options, or with the limit of a batch's lane. */
function requestOf({ timeout_ms, ...more }: { timeout_ms?: number; default_timeout_ms?: number }): ExecutionRequest {
  return { ...KEYED_REQUEST, ...more, options: { ...KEYED_REQUEST.options, timeout_ms } };
}

/** An execution whose prompt takes so long to load, and whose model never answers. */
function execute(loadMs: number, timeouts: object = {}, request = requestOf({})) {
  const now = () => Date.now();
  const calls: CompletionCall[] = [];
  const executions = createExecutePrompt({
    now,
    ids: new ExecutionIds({ now, random: () => 0, isLarge: () => false }),
    random: () => 0,
    async obtain({ call }) {
      calls.push(call);
      const { signal } = call;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    },
    intents: { append: async () => undefined },
    openBudget: async () => Promise.resolve(null),
    record: { now: async () => undefined, later: () => undefined },
    observe: () => undefined,
    keepsContent: () => false,
    async resolve() {
      await new Promise((resolve) => setTimeout(resolve, loadMs));
      return resolved(timeouts);
    },
    route: async () => ({ candidates: [{ provider: "openai", model: "gpt-4o-mini" }] }),
    executionTimeoutMs: TIMEOUT_MS,
    fresh_ms: 0,
  });
  return { calls, run: executions.run(request, startTimings(now)) };
}

/** How long an execution that has no answer lasts, in ms. */
async function lasts(...of: Parameters<typeof execute>): Promise<number> {
  const began = Date.now();
  const ended = execute(...of).run.then(
    () => 0,
    () => Date.now() - began,
  );
  await vi.advanceTimersByTimeAsync(10 * TIMEOUT_MS);
  return ended;
}

describe("the time of an execution", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  // An idempotency key and an intent count on it: later than that, the execution must have ended.
  it("includes what it takes to load its prompt", async () => {
    expect(await lasts(20_000)).toBe(TIMEOUT_MS);
  });

  it.each([
    ["the caller's", { total_ms: 90_000 }, { timeout_ms: 7_000, default_timeout_ms: 60_000 }, 7_000],
    ["else the prompt's", { total_ms: 90_000 }, { default_timeout_ms: 60_000 }, 90_000],
    ["else that of a batch's lane", { silence_ms: 1 }, { default_timeout_ms: 60_000 }, 60_000],
    ["else the deployment's", {}, {}, TIMEOUT_MS],
  ])("is %s", async (_whose, timeouts, request, expected) => {
    expect(await lasts(0, timeouts, requestOf(request))).toBe(expected);
    const resolve = async () => resolved(timeouts);
    expect(await findTimeLimit({ resolve, executionTimeoutMs: TIMEOUT_MS }, requestOf(request))).toBe(expected);
  });

  it("is the deployment's for a prompt that is not found, so that a stored result is still given", async () => {
    const resolve = async () => Promise.reject(new Error("not found"));
    expect(await findTimeLimit({ resolve, executionTimeoutMs: TIMEOUT_MS }, KEYED_REQUEST)).toBe(TIMEOUT_MS);
  });

  it("is what an idempotency key is leased for, and what the execution under it has", async () => {
    const { once, clock, behaviour, limits } = keyedWorld({ timeoutMs: 90_000 });
    behaviour.vanishes = "calling";
    void once.run("k", KEYED_REQUEST, startTimings(Date.now));
    await vi.advanceTimersByTimeAsync(0);
    clock.now += 89_000;
    await expect(once.run("k", KEYED_REQUEST, startTimings(Date.now))).rejects.toMatchObject({ status: 409 });
    expect(limits).toEqual([90_000]);
  });
});

describe("the purpose of an execution", () => {
  it("is that of its calls, whose concurrency is limited apart", async () => {
    vi.useFakeTimers();
    for (const purpose of [undefined, "test"] as const) {
      const { calls, run } = execute(0, {}, { ...requestOf({}), purpose });
      await Promise.all([expect(run).rejects.toThrow("did not end"), vi.advanceTimersByTimeAsync(TIMEOUT_MS)]);
      expect(calls[0]?.purpose).toBe(purpose);
    }
    vi.useRealTimers();
  });
});

describe("the times of a prompt", () => {
  it("are those of its calls", async () => {
    vi.useFakeTimers();
    const { calls, run } = execute(0, { first_token_ms: 1_000, silence_ms: 2_000, total_ms: 3_000 });
    await Promise.all([
      expect(run).rejects.toMatchObject({ error: { code: "timeout" } }),
      vi.advanceTimersByTimeAsync(4_000),
    ]);
    expect(calls[0]).toMatchObject({ timeout_ms: 3_000, times: { firstByteMs: 1_000, readMs: 2_000 } });
    vi.useRealTimers();
  });
});
