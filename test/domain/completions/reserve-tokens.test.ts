import { describe, expect, it } from "vitest";
import { TokenHistory } from "../../../src/domain/completions/reserve-tokens.ts";

describe("the tokens reserved for a call", () => {
  it("are the prompt's estimate and the answer's limit, and at most a share of the key's tokens a minute", () => {
    const history = new TokenHistory();
    expect(history.reserve({ prompt: 100, max_tokens: 500, tpm: null })).toBe(600);
    expect(history.reserve({ prompt: 100, max_tokens: 900_000, tpm: 100_000 })).toBe(10_100);
    expect(history.reserve({ prompt: 900, max_tokens: 500, tpm: 1_000 })).toBe(1_000);
  });

  it("follow what calls really took, with a safe margin", () => {
    const history = new TokenHistory();
    for (let call = 0; call < 50; call++) history.learn(100, { prompt_tokens: 160, completion_tokens: 40 });
    const reserved = history.reserve({ prompt: 100, max_tokens: undefined, tpm: null });
    expect(reserved).toBeGreaterThanOrEqual(200);
    expect(reserved).toBeLessThan(230);
  });
});
