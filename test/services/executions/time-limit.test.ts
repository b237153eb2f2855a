import { afterEach, describe, expect, it, vi } from "vitest";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import { ExecutionIds } from "../../../src/services/executions/execution-ids.ts";
import { createExecutePrompt } from "../../../src/services/executions/execute-prompt.ts";
import type { VersionRow } from "../../../src/storage/prompts/prompts.ts";
import { KEYED_REQUEST } from "../../support/keyed-request.ts";

const { definition } = importPrompt("name: t\ntemplate: Say.\n", "yaml", "t");
const TIMEOUT_MS = 30_000;

/** An execution whose prompt takes so long to load, and whose model never answers. */
function execute(loadMs: number) {
  const now = () => Date.now();
  const executions = createExecutePrompt({
    now,
    ids: new ExecutionIds({ now, random: () => 0 }),
    random: () => 0,
    obtain: async ({ call: { signal } }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    intents: { append: async () => undefined },
    openBudget: async () => Promise.resolve(null),
    record: { now: async () => undefined, all: async () => undefined, later: () => undefined },
    async resolve() {
      await new Promise((resolve) => setTimeout(resolve, loadMs));
      const pointer = { latest_version: 1, labels: {}, cache_epoch: 0 };
      return {
        row: { name: "t", version: 1, definition } as VersionRow,
        label: null,
        pointer,
        pointer_age_ms: 0,
        degraded: [],
      };
    },
    route: async () => ({ candidates: [{ provider: "openai", model: "gpt-4o-mini" }] }),
    executionTimeoutMs: TIMEOUT_MS,
    fresh_ms: 0,
  });
  return executions.run(KEYED_REQUEST, startTimings(now));
}

describe("the time of an execution", () => {
  afterEach(() => void vi.useRealTimers());

  // An idempotency key and an intent count on it: later than that, the execution must have ended.
  it("includes what it takes to load its prompt", async () => {
    vi.useFakeTimers();
    const began = Date.now();
    const ended = execute(20_000).then(
      () => 0,
      () => Date.now() - began,
    );
    await vi.advanceTimersByTimeAsync(2 * TIMEOUT_MS);
    expect(await ended).toBe(TIMEOUT_MS);
  });
});
