import { describe, expect, it } from "vitest";
import { toCompletion } from "../../../src/providers/anthropic/response.ts";
import { costOf, type PriceFault } from "../../support/price-fault.ts";

/** Faults that others have had in their tickets, one a row; the sums are made by hand. */
const ANTHROPIC: PriceFault[] = [
  {
    fault: "writes for an hour cost as those for five minutes",
    model: "claude-opus-5-5",
    usage: anthropic(100, 10, {
      cache_creation_input_tokens: 1000,
      cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 600 },
      cache_read_input_tokens: 2000,
    }),
    // $4 in, $0.20 read, $5 and $8 written, $20 out:
    // 100 × 4000 + 2000 × 200 + 400 × 5000 + 600 × 8000 + 10 × 20000.
    lines: {
      input: 400_000,
      cached_input: 400_000,
      cache_write_5m: 2_000_000,
      cache_write_1h: 4_800_000,
      output: 200_000,
    },
  },
  {
    fault: "writes are taken from an input that does not contain them",
    model: "claude-sonnet-5-5",
    usage: anthropic(100, 0, { cache_creation_input_tokens: 1000, cache_read_input_tokens: 5000 }),
    // $2 in, $0.10 read since 2026-10-07, $2.50 written: 100 × 2000 + 5000 × 100 + 1000 × 2500.
    lines: { input: 200_000, cached_input: 500_000, cache_write_5m: 2_500_000 },
  },
  {
    fault: "reads always cost a tenth of the input",
    model: "claude-fable-5-2",
    usage: anthropic(0, 0, { cache_read_input_tokens: 1000 }),
    // $0.20 of $8: 1000 × 200.
    lines: { cached_input: 200_000 },
  },
  {
    fault: "what the cache read does not count towards a long prompt",
    model: "claude-haiku-5-5",
    usage: anthropic(1, 10, { cache_read_input_tokens: 100_000 }),
    // $0.50 in, $0.05 read, $2.50 out: 1 × 500 + 100000 × 50 + 10 × 2500.
    lines: { input: 500, cached_input: 5_000_000, output: 25_000 },
  },
  {
    fault: "fast mode costs as the standard speed",
    model: "claude-opus-5-5",
    usage: anthropic(1000, 100, { speed: "fast", service_tier: "standard" }),
    // $8 and $40: 1000 × 8000 + 100 × 40000.
    lines: { input: 8_000_000, output: 4_000_000 },
  },
  {
    fault: "fast mode is guessed where no page has its price",
    model: "claude-fable-5-2",
    usage: anthropic(1000, 100, { speed: "fast" }),
    lines: null,
  },
  {
    fault: "the batch tier costs as the standard one, or half of a half",
    model: "claude-opus-5-5",
    usage: anthropic(1000, 100, { service_tier: "batch", cache_creation_input_tokens: 100 }),
    // Half of $4, $5 and $20: 1000 × 2000 + 100 × 2500 + 100 × 10000.
    lines: { input: 2_000_000, cache_write_5m: 250_000, output: 1_000_000 },
  },
  {
    fault: "searches are free, or cost half in a batch",
    model: "claude-opus-5-5",
    usage: anthropic(1000, 0, { service_tier: "batch", server_tool_use: { web_search_requests: 3 } }),
    // $10 for 1,000 searches, in every tier: 3 × $0.01.
    lines: { input: 2_000_000, web_search: 30_000_000 },
  },
  {
    fault: "inference in the United States costs as elsewhere",
    model: "claude-sonnet-5-5",
    usage: anthropic(1000, 100, { inference_geo: "us" }),
    // 1.1 times $2 and $10: 1000 × 2200 + 100 × 11000.
    lines: { input: 2_200_000, output: 1_100_000 },
  },
  {
    fault: "thinking is counted beside the output, and so twice",
    model: "claude-sonnet-5-5",
    usage: anthropic(0, 1000, { output_tokens_details: { thinking_tokens: 800 } }),
    lines: { output: 2_000_000, reasoning: 8_000_000 },
  },
  {
    fault: "claude-sonnet-5-6 has the price of claude-sonnet-5",
    model: "claude-sonnet-5-6",
    usage: anthropic(1000, 0),
    lines: null,
  },
];

function anthropic(input_tokens: number, output_tokens: number, more: object = {}) {
  return { input_tokens, output_tokens, service_tier: "standard", ...more };
}

describe("a price from a response of Anthropic is free of the fault that", () => {
  it.each(ANTHROPIC)("$fault ($model)", (row) => {
    const content = [{ type: "text", text: "x" }];
    const body = { model: row.model, content, stop_reason: "end_turn", usage: row.usage };
    expect(costOf("anthropic", row, toCompletion(body, row.model))).toEqual(row.lines);
  });
});
