import { describe, expect, it } from "vitest";
import { estimateTokens } from "../../../src/domain/completions/token-estimate.ts";

describe("the estimate of prompt tokens", () => {
  it("is nothing for no messages", () => {
    expect(estimateTokens([])).toBe(0);
  });

  it("counts four UTF-8 bytes as a token, rounds up, and adds four for each message", () => {
    expect(estimateTokens([{ role: "user", content: "abcde" }])).toBe(6);
    expect(estimateTokens([{ role: "user", content: "日本語" }])).toBe(4 + 3);
    expect(estimateTokens(Array.from({ length: 3 }, () => ({ role: "system" as const, content: "" })))).toBe(12);
  });

  it("counts a lone surrogate as its replacement and does not throw", () => {
    expect(estimateTokens([{ role: "user", content: "\uD800" }])).toBe(5);
  });
});
