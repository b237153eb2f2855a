import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import fc from "fast-check";
import { calcPrice } from "@pydantic/genai-prices";
import LISTED from "../../../src/domain/completions/price-list.json" with { type: "json" };
import { NEWER } from "../../../src/domain/completions/newer-prices.ts";
import { listPriceOf } from "../../../src/domain/completions/price-table.ts";
import { PRICE_TABLE, type Price, priceOf, worstPriceOf } from "../../../src/domain/completions/prices.ts";
import { ratesFor } from "../../../src/domain/completions/rates.ts";

const AT = new Date("2026-11-24T00:00:00Z");

function cost(provider: "openai" | "anthropic", model: string, counts: [number, number, number?, number?]) {
  const [prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens] = counts;
  const total_tokens = prompt_tokens + completion_tokens;
  const usage = { prompt_tokens, completion_tokens, total_tokens, cached_tokens, cache_write_tokens };
  return priceOf(provider, model, usage, { at: AT });
}

function sumOf(price: Price | null): number {
  return price?.lines.reduce((sum, { nanousd }) => sum + nanousd, 0) ?? Number.NaN;
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
    const price = cost(provider, model, [...counts]);
    expect(price).toMatchObject({ cost_nanousd: nanousd, table: PRICE_TABLE, service_tier: "default" });
    expect(sumOf(price)).toBe(nanousd);
  });

  it.each([
    ["openai", "gpt-nonesuch"],
    ["anthropic", "gpt-4o"],
    ["anthropic", "claude-sonnet-5-7"],
    ["anthropic", "claude-haiku-5-6"],
    ["anthropic", "claude-opus-4-10"],
    ["anthropic", "CLAUDE-OPUS-4-8-9"],
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
    const table = "platform.claude.com/docs/en/models/haiku-5-5/overview (2026-10-07)";
    expect(cost("anthropic", model, [...counts])).toMatchObject({ cost_nanousd: nanousd, table });
  });

  it("comes from the newer prices only while the installed table lacks the model", () => {
    const known = NEWER.filter(
      ({ id, provider }) => calcPrice({ input_tokens: 1 }, id, { providerId: provider })?.model.id === id,
    );
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
    expect(priceOf("openai", "o3", usage, { at: new Date("2025-05-01") })?.cost_nanousd).toBe(10_000_000);
    expect(priceOf("openai", "o3", usage, { at: AT })?.cost_nanousd).toBe(2_000_000);
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
    // gpt-4o-mini's output costs 600 nano-dollars, its cached input 75, which half is 37.5 of.
    [[0, 1], 300],
    [[1, 0, 1], 38],
    [[3, 0, 3], 113],
  ] as const)("is halved in a provider batch: %j tokens cost %i, always a whole number", (counts, halved) => {
    const [prompt_tokens, completion_tokens, cached_tokens] = counts;
    const total_tokens = prompt_tokens + completion_tokens;
    const usage = { prompt_tokens, completion_tokens, total_tokens, cached_tokens, service_tier: "batch" };
    expect(priceOf("openai", "gpt-4o-mini", usage, { at: AT })?.cost_nanousd).toBe(halved);
  });

  it("is at most that of a prompt which is written to the provider's cache", () => {
    const most = { prompt_tokens: 1000, completion_tokens: 10 };
    // $2.50 written, $10 out: 1000 × 2500 + 10 × 10000; gpt-4o writes for nothing, at $2.50 in.
    expect(worstPriceOf("openai", "gpt-6-sol", most, { at: AT })?.cost_nanousd).toBe(2_600_000);
    expect(worstPriceOf("openai", "gpt-4o", most, { at: AT })?.cost_nanousd).toBe(2_600_000);
    expect(worstPriceOf("openai", "gpt-6-sol", most, { at: AT, isBatch: true })?.cost_nanousd).toBe(1_300_000);
    expect(worstPriceOf("openai", "gpt-nonesuch", most)).toBeNull();
  });

  it("always is the sum of its lines, and every token is in one of them", () => {
    const tokens = fc.integer({ min: 0, max: 2_000_000 });
    const usages = fc.record({
      prompt_tokens: tokens,
      completion_tokens: tokens,
      total_tokens: tokens,
      cached_tokens: tokens,
      cache_write_tokens: tokens,
      cache_write_1h_tokens: tokens,
      image_input_tokens: tokens,
      reasoning_tokens: tokens,
      web_searches: fc.integer({ min: 0, max: 100 }),
      service_tier: fc.constantFrom("default", "batch", "flex", "priority", "fast"),
    });
    const models = fc.constantFrom(
      ["openai", "gpt-6.1-terra"] as const,
      ["openai", "gpt-6.2-sol"] as const,
      ["anthropic", "claude-opus-5-5"] as const,
      ["anthropic", "claude-haiku-5-5"] as const,
    );
    fc.assert(
      fc.property(models, usages, ([provider, model], usage) => {
        const price = priceOf(provider, model, usage, { at: AT });
        if (price === null) return;
        expect(Number.isSafeInteger(price.cost_nanousd)).toBe(true);
        expect(sumOf(price)).toBe(price.cost_nanousd);
        const counted = price.lines.reduce((sum, line) => sum + line.tokens, 0);
        expect(counted).toBe(usage.prompt_tokens + usage.completion_tokens);
      }),
      { seed: 14, numRuns: 500 },
    );
  });

  it("names the installed table", () => {
    const url = `${import.meta.dirname}/../../../node_modules/@pydantic/genai-prices/package.json`;
    const { name, version } = JSON.parse(readFileSync(url, "utf8")) as { name: string; version: string };
    expect(PRICE_TABLE).toMatch(/ \(\d{4}-\d{2}-\d{2}\)$/);
    expect(PRICE_TABLE.split(" ")[0]).toBe(`${name}@${version}`);
  });
});

describe("the price list", () => {
  const root = `${import.meta.dirname}/../../..`;

  it("is what `npm run prices:generate` cuts from the installed table", () => {
    const cut = execFileSync(process.execPath, ["scripts/cut-prices.ts"], { cwd: root, encoding: "utf8" });
    expect(readFileSync(`${root}/src/domain/completions/price-list.json`, "utf8")).toBe(cut);
  });

  const SUFFIXES = ["-latest", "-2025-08-07", "-20250807", "-20250807-x", ":tuned"];
  const DAYS = ["2025-06-09T23:59:59Z", "2025-06-10", "2026-03-12", "2026-03-13"].map((day) => new Date(day));
  const LENGTHS = [1, 200_000, 200_001, 271_999, 272_001];
  /** Names that the table gives to a model, and that look like a minor version of another id. */
  const OTHER_VERSIONS = ["gpt-audio-1.5", "gpt-realtime-1.5"];

  it.each(["openai", "anthropic"] as const)("gives %s's models the package's prices by any name", (provider) => {
    const listed = LISTED[provider].flatMap(({ id, names }) => [id, ...names.flatMap((name) => Object.values(name))]);
    const names = [...new Set(listed)].filter((name) => !OTHER_VERSIONS.includes(name));
    const variants = names.flatMap((name) => [name.toUpperCase(), ...SUFFIXES.map((suffix) => name + suffix)]);
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !DAYS.every((day) => isAsThePackageSays(provider, name, day)))).toEqual([]);
    expect(variants.filter((name) => !isAsThePackageSays(provider, name, AT))).toEqual([]);
  });

  function isAsThePackageSays(provider: "openai" | "anthropic", name: string, timestamp: Date): boolean {
    const card = listPriceOf(provider, name, timestamp);
    return LENGTHS.every((length) => {
      const theirs = calcPrice({ input_tokens: length }, name, { providerId: provider, timestamp });
      if (card?.table !== PRICE_TABLE) return theirs === null || theirs.model_price["output_mtok"] === undefined;
      return Math.abs((ratesFor(card, length).input * length) / 1e6 - (theirs?.total_price ?? Number.NaN)) < 1e-9;
    });
  }
});
