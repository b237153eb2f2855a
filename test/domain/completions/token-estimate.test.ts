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

  it("counts tools by their JSON, calls of tools by name and arguments, and media at a flat rate", () => {
    const tools = [{ name: "t", parameters: { description: "x".repeat(400) } }];
    expect(estimateTokens([], tools)).toBe(Math.ceil(JSON.stringify(tools).length / 4));
    expect(estimateTokens([])).toBe(0);
    const tool_calls = [{ id: "c", name: "look", arguments: '{"a":"bc"}' }];
    expect(estimateTokens([{ role: "assistant", content: "", tool_calls }])).toBe(4 + 4 + 4);
    const image = { type: "image" as const, image: { url: "https://x.test/a.png" } };
    expect(estimateTokens([{ role: "user", content: [image] }])).toBe(4 + 1_200);
  });

  it("counts a lone surrogate as the replacement character", () => {
    expect(estimateTokens([{ role: "user", content: "\uD800" }])).toBe(5);
  });
});
