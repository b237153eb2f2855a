import { describe, expect, it } from "vitest";
import { toCompletion } from "../../../src/providers/openai/response.ts";
import { costOf, type PriceFault } from "../../support/price-fault.ts";

/** Faults that others have had in their tickets, one a row; the sums are made by hand. */
const OPENAI: PriceFault[] = [
  {
    fault: "writes of the cache cost as plain input",
    model: "gpt-6-sol",
    usage: openai(1000, 10, { cached_tokens: 300, cache_write_tokens: 400 }),
    // $2 in, $0.20 cached, $2.50 written, $10 out.
    // 300 × 2000 + 300 × 200 + 400 × 2500 + 10 × 10000.
    lines: { input: 600_000, cached_input: 60_000, cache_write_5m: 1_000_000, output: 100_000 },
  },
  {
    fault: "writes for 12 hours cost as those for 30 minutes",
    model: "gpt-6.2-sol",
    usage: openai(1000, 0, {
      cache_write_tokens: 1000,
      cache_write_tokens_details: { ttl_30m_tokens: 600, ttl_12h_tokens: 400 },
    }),
    // 600 × 2500 + 400 × 5000.
    lines: { cache_write_5m: 1_500_000, cache_write_1h: 2_000_000 },
  },
  {
    fault: "writes for 12 hours are guessed where no page has their price",
    model: "gpt-6.1-sol",
    usage: openai(1000, 0, {
      cache_write_tokens: 1000,
      cache_write_tokens_details: { ttl_12h_tokens: 400 },
    }),
    lines: null,
  },
  {
    fault: "cached tokens are counted beside the prompt, and so twice",
    model: "gpt-6.1-sol",
    usage: openai(1000, 0, { cached_tokens: 1000 }),
    // $0.10 cached: 1000 × 100.
    lines: { cached_input: 100_000 },
  },
  {
    fault: "the flex tier costs as the standard one",
    model: "gpt-6-sol",
    service_tier: "flex",
    usage: openai(1000, 100),
    // Half of $2 and $10: 1000 × 1000 + 100 × 5000.
    lines: { input: 1_000_000, output: 500_000 },
  },
  {
    fault: "the priority tier costs as the standard one",
    model: "gpt-6.1-terra",
    service_tier: "priority",
    usage: openai(1000, 100, { cached_tokens: 400 }),
    // Twice $1, $0.05 and $5: 600 × 2000 + 400 × 100 + 100 × 10000.
    lines: { input: 1_200_000, cached_input: 40_000, output: 1_000_000 },
  },
  {
    fault: "the priority tier costs twice as much for every model",
    model: "gpt-5.5",
    service_tier: "priority",
    usage: openai(1000, 100),
    // $12.50 and $75, 2.5 times the list price: 1000 × 12500 + 100 × 75000.
    lines: { input: 12_500_000, output: 7_500_000 },
  },
  {
    fault: "the tier that was asked for is billed, and not the one that served",
    model: "gpt-6-sol",
    service_tier: "default",
    usage: openai(1000, 0),
    lines: { input: 2_000_000 },
  },
  {
    fault: "ultrafast costs as fast",
    model: "gpt-6.2-sol",
    service_tier: "ultrafast",
    usage: openai(1000, 0),
    // Three times $2 until the end of February 2027: 1000 × 6000.
    lines: { input: 6_000_000 },
  },
  {
    fault: "ultrafast keeps the price of its offer",
    model: "gpt-6.2-sol",
    service_tier: "ultrafast",
    options: { at: new Date("2027-03-01T00:00:00Z") },
    usage: openai(1000, 0),
    lines: { input: 12_000_000 },
  },
  {
    fault: "a tier without a public price costs as the standard one",
    model: "gpt-6-sol",
    service_tier: "scale",
    usage: openai(1000, 0),
    lines: null,
  },
  {
    fault: "only the tokens above the limit of a long prompt cost more",
    model: "gpt-6.1-sol",
    usage: openai(272_001, 100, { cached_tokens: 72_001, cache_write_tokens: 100_000 }),
    // Twice $2, $0.10 and $2.50, one and a half times $10:
    // 100000 × 4000 + 72001 × 200 + 100000 × 5000 + 100 × 15000.
    lines: { input: 400_000_000, cached_input: 14_400_200, cache_write_5m: 500_000_000, output: 1_500_000 },
  },
  {
    fault: "a prompt at the limit costs as one above it",
    model: "gpt-6.1-sol",
    usage: openai(272_000, 0),
    lines: { input: 544_000_000 },
  },
  {
    fault: "reasoning is counted beside the output, and so twice",
    model: "gpt-6-sol",
    usage: { ...openai(0, 1000), completion_tokens_details: { reasoning_tokens: 900 } },
    // 100 × 10000 + 900 × 10000.
    lines: { output: 1_000_000, reasoning: 9_000_000 },
  },
  {
    fault: "audio costs as text",
    model: "gpt-audio",
    usage: { ...openai(1000, 100, { audio_tokens: 900 }), completion_tokens_details: { audio_tokens: 60 } },
    // $2.50 and $10 for text, $32 and $64 for audio:
    // 100 × 2500 + 900 × 32000 + 40 × 10000 + 60 × 64000.
    lines: { input: 250_000, audio_input: 28_800_000, output: 400_000, audio_output: 3_840_000 },
  },
  {
    fault: "audio costs as text where the table has no rate of it",
    model: "gpt-4o-audio-preview",
    usage: openai(1000, 100, { audio_tokens: 900 }),
    lines: null,
  },
  {
    fault: "images are left out, or cost twice",
    model: "gpt-6-sol",
    usage: openai(1000, 0, { image_tokens: 700 }),
    lines: { input: 600_000, image_input: 1_400_000 },
  },
  {
    fault: "a model without a price is free",
    model: "gpt-nonesuch",
    usage: openai(1000, 0),
    lines: null,
  },
  {
    fault: "a model has the price of one with a similar name",
    model: "gpt-6.3-sol",
    usage: openai(1000, 0),
    lines: null,
  },
  {
    fault: "a tenant's contract is not known",
    model: "gpt-6-sol",
    options: { own: { input: 1.5, output: 8, cached_input: 0.1, updated_at: Date.parse("2026-11-01") } },
    usage: openai(1000, 10, { cached_tokens: 300, cache_write_tokens: 400 }),
    // $1.50 in and written, $0.10 cached, $8 out.
    lines: { input: 450_000, cached_input: 30_000, cache_write_5m: 600_000, output: 80_000 },
  },
  {
    fault: "a batch at a tenant's price is not halved",
    model: "gpt-6-sol",
    service_tier: "batch",
    options: { own: { input: 1.5, output: 8, updated_at: 0 } },
    usage: openai(1000, 10),
    lines: { input: 750_000, output: 40_000 },
  },
];

function openai(prompt_tokens: number, completion_tokens: number, details: object = {}) {
  return { prompt_tokens, completion_tokens, prompt_tokens_details: details };
}

describe("a price from a response of OpenAI is free of the fault that", () => {
  it.each(OPENAI)("$fault ($model)", (row) => {
    const choices = [{ message: { content: "x" }, finish_reason: "stop" }];
    const body = { model: row.model, choices, usage: row.usage, service_tier: row.service_tier };
    expect(costOf("openai", row, toCompletion(body, row.model))).toEqual(row.lines);
  });
});
