import { describe, expect, it } from "vitest";
import { estimateTokens } from "../../../src/domain/completions/token-estimate.ts";

describe("estimateTokens", () => {
  it("returns 0 for no messages", () => {
    expect(estimateTokens([])).toBe(0);
  });

  it("counts four UTF-8 bytes as a token, rounds up, and adds four tokens for each message", () => {
    expect(estimateTokens([{ role: "user", content: "abcde" }])).toBe(6);
    expect(estimateTokens([{ role: "user", content: "日本語" }])).toBe(4 + 3);
    expect(estimateTokens(Array.from({ length: 3 }, () => ({ role: "system" as const, content: "" })))).toBe(12);
  });

  it("counts a lone surrogate as the replacement character", () => {
    expect(estimateTokens([{ role: "user", content: "\uD800" }])).toBe(5);
  });
});
