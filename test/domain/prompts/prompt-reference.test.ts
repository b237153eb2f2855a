import { describe, expect, it } from "vitest";
import { parsePromptReference } from "../../../src/domain/prompts/prompt-reference.ts";

describe("a reference to a prompt", () => {
  it.each([
    ["legal/disclaimer", { name: "legal/disclaimer" }],
    ["a@production", { name: "a", label: "production" }],
    ["a#3", { name: "a", version: 3 }],
  ])("%s is read", (text, expected) => {
    expect(parsePromptReference(text)).toEqual(expected);
  });

  it.each(["", "A", "/a", "a/", "a@", "a#", "a#0", "a#x", "a#1@b", "a@b#1", "a@B", "a #1", "a\n", "a@b\n", "a#1\n"])(
    "%j is none",
    (text) => {
      expect(parsePromptReference(text)).toBeUndefined();
    },
  );
});
