import { describe, expect, it } from "vitest";
import { type Attempt, withAnswer } from "../../../src/domain/completions/attempt.ts";
import { billedCalls } from "../../../src/domain/completions/billed-calls.ts";
import type { Usage } from "../../../src/domain/completions/completion.ts";
import { BATCH_TIER } from "../../../src/domain/completions/service-tiers.ts";
import { AppError } from "../../../src/domain/errors.ts";
import { MAX_CALL_LINES, CallRollup, OTHER_MODELS } from "../../../src/domain/ledger/call-rollup.ts";
import { HOUR_MS, hourOf } from "../../../src/domain/ledger/periods.ts";
import { readAnthropicExport } from "../../../src/domain/reconciliation/anthropic-export.ts";
import { readOpenaiExport } from "../../../src/domain/reconciliation/openai-export.ts";
import { bucketsOf, type ProviderExport, type ReadExport } from "../../../src/domain/reconciliation/provider-export.ts";
import { compareExport } from "../../../src/domain/reconciliation/compare-export.ts";

const HOUR = Date.parse("2026-11-25T10:00:00Z");
const INPUT = { messages: [], parameters: {} };
const UNHEARD_OF = { candidate: { provider: "openai" as const, model: "gpt-99" } };

function attempt(changes: Partial<Attempt>): Attempt {
  return {
    candidate: { provider: "openai", model: "gpt-4o" },
    key: "k",
    started_at: HOUR,
    first_token_at: null,
    ended_at: null,
    outcome: "answered",
    usage: null,
    usage_estimated: false,
    cost: null,
    limits: {},
    ...changes,
  };
}

function answered(usage: Partial<Usage>, changes: Partial<Attempt> = {}, model = "gpt-4o", tier?: string): Attempt {
  const { prompt_tokens = 0, completion_tokens = 0 } = usage;
  const whole = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...usage };
  return withAnswer(attempt(changes), INPUT, { model, text: "", usage: whole }, tier);
}

function openai(results: object[], from = HOUR, hours = 1): ProviderExport {
  const bucket = { start_time: from / 1000, end_time: from / 1000 + hours * 3600, results };
  return exportOf(readOpenaiExport(bucketsOf([bucket])));
}

function exportOf(read: ReadExport): ProviderExport {
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  return read.export;
}

const shown = (theirs: ProviderExport, attempts: Attempt[]) =>
  compareExport(theirs, { calls: billedCalls(attempts), unknown: [] }).differences.map(
    ({ model, kind, ours, theirs: other }) => [model, kind, ours, other],
  );

describe("the calls of an execution", () => {
  it("are counted by the model that answered and the hour of each, whatever became of them", () => {
    const calls = billedCalls([
      answered({ prompt_tokens: 10, completion_tokens: 2 }, { outcome: "rejected" }, "gpt-4o-2024-08-06"),
      answered({ prompt_tokens: 10, completion_tokens: 3 }, { outcome: "cancelled" }),
      answered({ prompt_tokens: 7, completion_tokens: 1 }, { started_at: HOUR + HOUR_MS }, "gpt-4o", BATCH_TIER),
      attempt({ outcome: "failed", error: new AppError("rate_limit_error", "no", { unbilled: true }) }),
      attempt({ outcome: "late" }),
    ]);
    const hour = hourOf(HOUR);
    expect(calls).toMatchObject([
      { model: "gpt-4o", hour, calls: 2, uncounted: 1, unpriced: 0 },
      { model: "gpt-4o", hour: hour + 1, calls: 1, uncounted: 0, unpriced: 0 },
    ]);
    expect(calls[0]?.lines).toEqual([
      { kind: "input", tokens: 20, nanousd: 50_000 },
      { kind: "output", tokens: 5, nanousd: 50_000 },
    ]);
    expect(calls[1]?.lines[0]).toEqual({ kind: "input", tokens: 7, nanousd: 8_750 });
  });

  it("keep their kinds of tokens where no price is known", () => {
    const [call] = billedCalls([
      answered({ prompt_tokens: 5, cached_tokens: 2, web_searches: 1 }, UNHEARD_OF, "gpt-99"),
    ]);
    expect(call).toMatchObject({ calls: 1, unpriced: 1 });
    expect(call?.lines).toEqual([
      { kind: "input", tokens: 3, nanousd: 0 },
      { kind: "cached_input", tokens: 2, nanousd: 0 },
      { kind: "web_search", tokens: 0, uses: 1, nanousd: 0 },
    ]);
  });

  it("are summed for a bounded number of models, and none is lost beyond it", () => {
    const rollup = new CallRollup();
    const [one] = billedCalls([answered({ prompt_tokens: 5 })]);
    for (let n = 0; n < MAX_CALL_LINES + 50; n++) if (one) rollup.apply([{ ...one, model: `m${n}` }], 1);
    const lines = rollup.lines();
    expect(lines).toHaveLength(MAX_CALL_LINES + 1);
    expect(lines.at(-1)).toMatchObject({ model: OTHER_MODELS, calls: 50, lines: [{ kind: "input", tokens: 250 }] });
  });
});

describe("a comparison with a provider's export", () => {
  const usage = {
    prompt_tokens: 20,
    completion_tokens: 6,
    cached_tokens: 4,
    cache_write_tokens: 5,
    reasoning_tokens: 2,
  };

  it("counts a kind that the export does not tell apart where the export has it", () => {
    const result = { model: "gpt-4o", input_tokens: 20, input_cached_tokens: 4, output_tokens: 6 };
    expect(shown(openai([result]), [answered(usage)])).toEqual([]);
    expect(shown(openai([{ ...result, input_cache_write_tokens: 5 }]), [answered(usage)])).toEqual([]);
    expect(shown(openai([{ ...result, input_cache_write_tokens: 4 }]), [answered(usage)])).toEqual([
      ["gpt-4o", "cache_write", 5, 4],
      ["gpt-4o", "input", 11, 12],
    ]);
  });

  it("adds up buckets of the same hour, such as those of batches", () => {
    const result = { model: "gpt-4o", input_tokens: 10, output_tokens: 0 };
    const bucket = { start_time: HOUR / 1000, end_time: HOUR / 1000 + 3600 };
    const rows = [true, false].map((batch) => ({ ...bucket, results: [{ ...result, batch }] }));
    const theirs = exportOf(readOpenaiExport(bucketsOf([{ data: rows }])));
    expect(shown(theirs, [answered({ prompt_tokens: 20 })])).toEqual([]);
  });

  it("finds what the provider does not have, and says which of our calls it may explain", () => {
    const calls = billedCalls([answered({ prompt_tokens: 3 }), attempt({ outcome: "late" })]);
    const { differences, ...rest } = compareExport(openai([]), { calls, unknown: [] });
    expect(differences).toMatchObject([{ model: "gpt-4o", kind: "input", ours: 3, theirs: 0, uncounted_calls: 1 }]);
    expect(rest).toEqual({ not_compared: [], models: ["gpt-4o"], calls: 1, uncounted_calls: 1 });
  });

  it("leaves out times with executions whose calls were not counted, and says so", () => {
    const unknown = [{ hour: hourOf(HOUR) + 3, executions: 2 }];
    const result = { model: "gpt-4o", input_tokens: 9, output_tokens: 0 };
    const ofDay = compareExport(openai([result], HOUR, 24), { calls: [], unknown });
    expect([ofDay.differences, ofDay.not_compared]).toEqual([
      [],
      [{ from: HOUR, to: HOUR + 24 * HOUR_MS, item: null, reason: "older_records" }],
    ]);
    expect(compareExport(openai([result]), { calls: [], unknown }).differences).toHaveLength(1);
  });

  it("does not compare the costs of a model whose calls have no price", () => {
    const cost = { amount: { value: 0.5, currency: "usd" }, line_item: "gpt-99, input" };
    const calls = billedCalls([answered({ prompt_tokens: 5 }, UNHEARD_OF, "gpt-99")]);
    const { differences, not_compared } = compareExport(openai([cost]), { calls, unknown: [] });
    expect([differences, not_compared[0]]).toMatchObject([[], { item: "gpt-99", reason: "no_price" }]);
  });

  it("reads Anthropic's counts, of which none contains another, and its cents", () => {
    const bucket = { starting_at: "2026-11-25T10:00:00Z", ending_at: "2026-11-25T11:00:00Z" };
    const claude = { candidate: { provider: "anthropic" as const, model: "claude-haiku-4-5" } };
    const calls = [answered({ ...usage, cache_write_1h_tokens: 2 }, claude, "claude-haiku-4-5-20251001")];
    const result = {
      model: "claude-haiku-4-5-20251001",
      uncached_input_tokens: 11,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 },
      cache_read_input_tokens: 4,
      output_tokens: 6,
    };
    const read = (results: object[]) => exportOf(readAnthropicExport(bucketsOf([{ ...bucket, results }])));
    expect(shown(read([result]), calls)).toEqual([]);
    const cost = (token_type: string, amount: string) => ({
      amount,
      currency: "USD",
      description: "x",
      model: result.model,
      token_type,
    });
    const costs = [
      cost("uncached_input_tokens", "0.0011"),
      cost("cache_read_input_tokens", "0.00004"),
      cost("cache_creation.ephemeral_5m_input_tokens", "0.000375"),
      cost("cache_creation.ephemeral_1h_input_tokens", "0.0004"),
      cost("output_tokens", "0.003"),
    ];
    expect(shown(read(costs), calls)).toEqual([]);
    expect(shown(read(costs.slice(1)), calls)).toEqual([["claude-haiku-4-5", "input", 11_000, 0]]);
  });
});
