import { describe, expect, it } from "vitest";
import type { Completion, BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import type { Intent } from "../../../src/domain/executions/intent.ts";
import { startTimings } from "../../../src/domain/executions/timings.ts";
import { importPrompt } from "../../../src/domain/prompts/import/import-prompt.ts";
import type { Provider } from "../../../src/providers/provider.ts";
import { callModel } from "../../../src/services/completions/call-model.ts";
import { CompletionMaker } from "../../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../../src/services/completions/token-estimator.ts";
import { ExecutionIds } from "../../../src/services/executions/execution-ids.ts";
import { createExecuteOnce } from "../../../src/services/executions/execute-once.ts";
import { createExecutePrompt } from "../../../src/services/executions/execute-prompt.ts";
import type { VersionRow } from "../../../src/storage/prompts/prompts.ts";
import { type Loss, openKeys } from "../../support/key-objects.ts";
import { KEYED_REQUEST } from "../../support/keyed-request.ts";

const yaml = "name: t\ntemplate: Say.\noutput_schema: {type: object, required: [n]}\n";
const { definition } = importPrompt(yaml, "yaml", "t");
const noRoom = () => new AppError("rate_limit_error", "no room", { retryable: true });

/**
 * The real path from the key to the provider: `first` is a model of OpenAI, `second` of Anthropic.
 */
function world(first: () => Promise<Completion>, lose: (call: string) => Loss = () => undefined) {
  const clock = { now: 1_795_000_000_000 };
  const now = () => clock.now;
  const ids = new ExecutionIds({ now, random: () => 0, isLarge: () => false });
  const rows: Execution[] = [];
  let calls = 0;
  const provider = {
    async complete() {
      calls++;
      return first();
    },
  } as unknown as Provider;
  const completions = new CompletionMaker({
    now,
    sleep: async () => undefined,
    random: () => 0,
    providers: { openai: provider, anthropic: provider },
    keysFor: async (_tenant, of: BuiltInProvider) => [
      { name: of, version: 1, secret: of, weight: 1, rpm: null, tpm: null, max_concurrency: null },
    ],
    async admit({ provider: of, keys: [key] }) {
      if (of === "anthropic" || !key) throw noRoom();
      return { key, send: () => true, end: () => undefined } as never;
    },
    tokens: new TokenEstimator(),
    times: { connectMs: 2_000, firstByteMs: 1_000, readMs: 60_000 },
  });
  const intents: Intent[] = [];
  const record = async (execution: Execution) => void rows.push(execution);
  const execute = createExecutePrompt({
    now,
    ids,
    random: () => 0,
    obtain: async (asked) => callModel({ completions, answers: { store: () => undefined } }, asked),
    openBudget: async () => Promise.resolve(null),
    intents: { append: async (_tenant, intent) => void intents.push(intent) },
    record: { now: record, later: () => undefined },
    observe: () => undefined,
    keepsContent: () => false,
    resolve: async () => ({
      row: { name: "t", version: 1, definition } as VersionRow,
      label: null,
      pointer: { latest_version: 1, labels: {}, cache_epoch: 0 },
      pointer_age_ms: 0,
      degraded: [],
    }),
    route: async () => ({
      candidates: [
        { provider: "openai", model: "gpt-4o-mini" },
        { provider: "anthropic", model: "claude-haiku-4-5" },
      ],
    }),
    executionTimeoutMs: 30_000,
    fresh_ms: 0,
  });
  const { keys, sleep } = openKeys(clock, lose);
  const find = async () => undefined;
  const once = createExecuteOnce({
    now,
    ids,
    execute,
    keys,
    find,
    record,
    sleep,
    onFault: () => undefined,
    timeLimit: async () => 30_000,
  });
  const run = async () => once.run("k", KEYED_REQUEST, startTimings(now)).catch((error: unknown) => error);
  return { run, rows, intents, clock, paid: () => calls };
}

describe("a key whose execution paid for an answer off the schema, and then found no room", () => {
  it("keeps its failure: three requests pay for one execution and leave one record", async () => {
    const usage = { prompt_tokens: 1_000, completion_tokens: 1_000, total_tokens: 2_000 };
    const { run, rows, intents, paid } = world(async () => ({
      text: "{}",
      finish_reason: "stop",
      usage,
      model: "gpt-4o-mini",
    }));
    const replies = [await run(), await run(), await run()];
    expect(replies).toMatchObject([
      { replayed: false, error: { code: "rate_limit_error" } },
      { replayed: true, error: { code: "rate_limit_error" } },
      { replayed: true, error: { code: "rate_limit_error" } },
    ]);
    expect(paid()).toBe(2);
    expect(rows).toMatchObject([{ status: "failed", attempts: 2, cost_nanousd: 1_500_000 }]);
    // The record names the execution that had an intent before each of its calls.
    const [row] = rows;
    expect(intents).toMatchObject([1, 2].map((attempts) => ({ id: row?.id, attempts })));
    expect(intents[0]).toMatchObject({ fallbacks: [{ provider: "anthropic", model: "claude-haiku-4-5" }] });
  });

  it("is free again where the provider turned the call away with a status", async () => {
    const { run, paid } = world(async () => {
      throw new AppError("rate_limit_error", "slow down", { retryable: true, unbilled: true });
    });
    expect([await run(), await run()]).toMatchObject([{ replayed: false }, { replayed: false }]);
    expect(paid()).toBe(4);
  });

  it("keeps its failure where the call broke off, because it may be billed", async () => {
    const { run, paid } = world(async () => {
      throw new AppError("provider_overloaded", "broke off", { retryable: true });
    });
    expect([await run(), await run()]).toMatchObject([{ replayed: false }, { replayed: true }]);
    expect(paid()).toBe(2);
  });
});

describe("a key whose execution paid, and cannot go on record for its second call", () => {
  it("is not free again, although its lease is over: three requests pay for one call", async () => {
    let lost = 0;
    const { run, rows, clock, paid } = world(
      async () => {
        // The prompt and this call took longer than the key's lease.
        clock.now += 46_000;
        lost = 4;
        throw new AppError("provider_error", "broke off", { retryable: true });
      },
      (call) => (call === "claim" && lost-- > 0 ? "call" : undefined),
    );
    expect(await run()).toMatchObject({ code: "provider_overloaded" });
    await run();
    await run();
    expect(paid()).toBe(1);
    expect(rows).toMatchObject([{ status: "unknown" }]);
  });
});
