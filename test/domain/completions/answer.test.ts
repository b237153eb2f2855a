import { describe, expect, it } from "vitest";
import { isStorable, piecesOf } from "../../../src/domain/completions/answer.ts";
import { answer } from "../../support/answer.ts";

describe("isStorable", () => {
  it("accepts only an answer that the model itself ended", () => {
    const reasons = ["stop", "length", "content_filter", "tool_calls", "other", null] as const;
    expect(reasons.filter((finish_reason) => isStorable(answer("x", { finish_reason })))).toEqual([
      "stop",
      "tool_calls",
    ]);
  });
});

describe("piecesOf", () => {
  it("splits a text into pieces that add up to it and cut no character", () => {
    for (const text of ["", "short", "🧵".repeat(5_000), `a${"🧵".repeat(5_000)}`, "\uD800".repeat(3_000)]) {
      const pieces = [...piecesOf(text)];
      expect(pieces.join("")).toBe(text);
      expect(pieces.every((piece) => piece.isWellFormed())).toBe(text.isWellFormed());
    }
    expect([...piecesOf("x".repeat(5_000))].length).toBeGreaterThan(1);
  });
});
