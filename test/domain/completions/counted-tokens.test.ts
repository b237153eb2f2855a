import { describe, expect, it } from "vitest";
import { countedTokens } from "../../../src/domain/completions/counted-tokens.ts";

const usage = { prompt_tokens: 10_000, completion_tokens: 50, total_tokens: 10_050, cached_tokens: 9_000 };

describe("the tokens that count towards a provider's limits", () => {
  it("exclude what Anthropic's cache served, and include what was written to it", () => {
    expect(countedTokens("anthropic", { ...usage, cache_write_tokens: 500 })).toBe(1_050);
  });

  it("are all tokens at OpenAI, and where nothing was served by a cache", () => {
    const { cached_tokens: _cached, ...uncached } = usage;
    expect(countedTokens("openai", usage)).toBe(10_050);
    expect(countedTokens("anthropic", uncached)).toBe(10_050);
  });

  it("are never fewer than the output, whatever the provider says of its cache", () => {
    expect(countedTokens("anthropic", { ...usage, cached_tokens: 1_000_000 })).toBe(50);
  });
});
