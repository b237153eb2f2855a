import { expect, it } from "vitest";
import { charactersIn } from "../../src/lib/characters-in.ts";

it("counts the characters of a value, and something for each part", () => {
  expect(charactersIn("12345")).toBe(13);
  expect(charactersIn([null, true, 7, undefined])).toBe(40);
  expect(charactersIn({ messages: [{ role: "user", content: "x".repeat(1_000_000) }] })).toBe(1_000_044);
});
