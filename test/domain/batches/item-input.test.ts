import { describe, expect, it } from "vitest";
import { type ItemInput, readItemInput } from "../../../src/domain/batches/item-input.ts";

const DOOR: ItemInput = {
  variables: { "2025": 1, "2024": 2 },
  door: {
    relay: {
      door: "responses",
      body: { model: "gpt-6-luna", input: "hi" },
      body_bytes: 36,
      headers: { "openai-beta": "x" },
    },
    own: ["truncation"],
    untranslated: [],
    asked: { model: "gpt-6-luna", background: true },
  },
};

describe("the stored text of an item", () => {
  it("is the JSON of its variables, in their order", () => {
    const { variables, door } = readItemInput('{"2025":1,"2024":2}');
    expect([Object.keys(variables), door]).toEqual([["2025", "2024"], undefined]);
  });

  it("has the call of a door, whole, where an older version stored it", () => {
    expect(readItemInput(`door:${JSON.stringify(DOOR)}`)).toEqual(DOOR);
  });

  it("is refused where it is neither", () => {
    expect(() => readItemInput("doors:{}")).toThrow(SyntaxError);
  });
});
