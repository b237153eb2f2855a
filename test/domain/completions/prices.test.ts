import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { calcPrice } from "@pydantic/genai-prices";
import { NEWER, NEWER_TABLE } from "../../../src/domain/completions/newer-prices.ts";
import { batchCost, PRICE_TABLE, priceOf } from "../../../src/domain/completions/prices.ts";

const AT = new Date("2026-11-24T00:00:00Z");

function cost(provider: "openai" | "anthropic", model: string, counts: [number, number, number?, number?]) {
  const [prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens] = counts;
  const total_tokens = prompt_tokens + completion_tokens;
  const usage = { prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens };
  return priceOf(provider, model, usage, AT);
}

describe("the price of a call", () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    // $2.50 in, $1.25 cached, $10 out per million tokens: 700 × 2500 + 300 × 1250 + 10 × 10000
    // nano-dollars.
    ["openai", "gpt-4o", [1000, 10, 300], 2_225_000],
    ["openai", "gpt-4o-2024-08-06", [1000, 10, 300], 2_225_000],
    // One token of the cheapest rate is still whole: 100 nano-dollars.
    ["openai", "gpt-6-luna", [1, 0], 100],
    // $1 in, $0.10 read, $1.25 written, $5 out: 21 × 1000 + 1800 × 100 + 188 × 1250 + 10 × 5000.
    ["anthropic", "claude-haiku-4-5-20251001", [2009, 10, 1800, 188], 486_000],
  ] as const)("of %s's %s for %j tokens is %i nano-dollars", (provider, model, counts, nanousd) => {
    expect(cost(provider, model, [...counts])).toEqual({ cost_nanousd: nanousd, table: PRICE_TABLE });
  });

  it.each([
    ["openai", "gpt-nonesuch"],
    ["anthropic", "gpt-4o"],
    ["anthropic", "claude-sonnet-5-7"],
    ["anthropic", "claude-haiku-5-6"],
    ["anthropic", "claude-haiku-5-5-1"],
    ["openai", "claude-haiku-5-5"],
    ["anthropic", ""],
  ] as const)("is unknown for %s's %j, and not that of a model with a similar name", (provider, model) => {
    expect(cost(provider, model, [1, 1])).toBeNull();
  });

  it.each([
    // $0.10 in, $0.01 read, $0.125 written, $0.50 out; five times as much for a prompt of more than
    // 100,000 tokens.
    ["claude-haiku-5-5", [2009, 10, 1800, 188], 48_600],
    ["claude-haiku-5-5-20261007", [100_000, 1], 10_000_500],
    ["claude-haiku-5-5", [100_001, 1], 50_003_000],
  ] as const)("of the newer %s for %j tokens is %i nano-dollars", (model, counts, nanousd) => {
    expect(cost("anthropic", model, [...counts])).toEqual({ cost_nanousd: nanousd, table: NEWER_TABLE });
  });

  it("comes from the newer prices only while the installed table lacks the model", () => {
    const known = NEWER.models.filter(({ id }) => calcPrice({ input_tokens: 1 }, id, { providerId: NEWER.id }));
    expect(known).toEqual([]);
  });

  it("is never negative or NaN, whatever the provider counts", () => {
    for (const wrong of [-5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(cost("openai", "gpt-4o", [wrong, wrong, wrong, wrong])?.cost_nanousd).toBe(0);
    }
    expect(cost("openai", "gpt-4o", [100, 0, 5000, 5000])?.cost_nanousd).toBe(100 * 1250);
  });

  it("follows a price that changed on a certain day", () => {
    const usage = { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 };
    expect(priceOf("openai", "o3", usage, new Date("2025-05-01"))?.cost_nanousd).toBe(10_000_000);
    expect(priceOf("openai", "o3", usage, AT)?.cost_nanousd).toBe(2_000_000);
  });

  it("is computed without network calls and without console output", () => {
    const fetch = vi.fn<typeof globalThis.fetch>();
    const warn = vi.spyOn(console, "warn");
    vi.stubGlobal("fetch", fetch);
    cost("openai", "gpt-4o", [1, 1, 1, 1]);
    expect(fetch).not.toHaveBeenCalled();
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    [0, 0],
    [1, 1],
    [2, 1],
    [2_225_001, 1_112_501],
    [9_007_199_254_740_990, 4_503_599_627_370_495],
  ])("is halved in a provider batch: %i nano-dollars become %i, always a whole number", (listed, halved) => {
    expect(batchCost(listed)).toBe(halved);
  });

  it("names the installed table", () => {
    const url = `${import.meta.dirname}/../../../node_modules/@pydantic/genai-prices/package.json`;
    const { name, version } = JSON.parse(readFileSync(url, "utf8")) as { name: string; version: string };
    expect(PRICE_TABLE).toMatch(/ \(\d{4}-\d{2}-\d{2}\)$/);
    expect(PRICE_TABLE.split(" ")[0]).toBe(`${name}@${version}`);
  });
});
