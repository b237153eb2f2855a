import { describe, expect, it } from "vitest";
import { isStorable, piecesOf } from "../../../src/domain/completions/answer.ts";
import { answer } from "../../support/answer.ts";

describe("answers", () => {
  it("are stored where the model ended by itself, and not where they were cut or withheld", () => {
    const reasons = ["stop", "length", "content_filter", "tool_calls", "other", null] as const;
    expect(reasons.filter((finish_reason) => isStorable(answer("x", { finish_reason })))).toEqual(["stop"]);
  });

  it("are replayed in pieces that add up and cut no character", () => {
    for (const text of ["", "short", "🧵".repeat(5_000), `a${"🧵".repeat(5_000)}`, "\uD800".repeat(3_000)]) {
      const pieces = [...piecesOf(text)];
      expect(pieces.join("")).toBe(text);
      expect(pieces.every((piece) => piece.isWellFormed())).toBe(text.isWellFormed());
    }
    expect([...piecesOf("x".repeat(5_000))].length).toBeGreaterThan(1);
  });
});
