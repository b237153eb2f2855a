import { Validator } from "@cfworker/json-schema";
import { describe, expect, it } from "vitest";

import { makeAnswer } from "../../load/mock/answer.ts";
import { valueForSchema } from "../../load/mock/schema-value.ts";
import { countTokens, cutToTokens, splitPieces } from "../../load/mock/tokens.ts";

const tree = {
  $ref: "#/$defs/Node",
  $defs: {
    Node: {
      type: "object",
      properties: {
        name: { type: "string" },
        left: { anyOf: [{ $ref: "#/$defs/Node" }, { type: "null" }] },
        children: { type: "array", items: { $ref: "#/$defs/Node" } },
      },
      required: ["name", "left", "children"],
      additionalProperties: false,
    },
  },
};

const SCHEMAS: [name: string, schema: Record<string, unknown>][] = [
  ["a constant", { const: { a: [1, "é"] } }],
  ["an enum", { enum: ["漢", "b"] }],
  ["lengths", { type: "string", minLength: 50, maxLength: 60 }],
  ["a short string", { type: "string", maxLength: 2 }],
  ["a pattern", { type: "string", pattern: "^[A-Z]{3}-\\d{3}$" }],
  ["a date", { type: "string", format: "date-time" }],
  ["number bounds", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }],
  ["a negative maximum", { type: "integer", maximum: -7 }],
  ["an exclusive minimum", { type: "integer", exclusiveMinimum: 4 }],
  ["multiples", { type: "number", minimum: 0.3, multipleOf: 0.25 }],
  ["unique items", { type: "array", minItems: 4, uniqueItems: true, items: { type: "string" } }],
  ["unique numbers", { type: "array", minItems: 3, uniqueItems: true, items: { type: "integer", minimum: 1 } }],
  ["a tuple", { type: "array", prefixItems: [{ type: "boolean" }, { type: "number" }], minItems: 2 }],
  ["a nullable type", { type: ["null", "integer"], minimum: 2 }],
  ["alternatives", { anyOf: [{ type: "object", required: ["x"], properties: { x: { const: 1 } } }, { type: "null" }] }],
  ["all of several", { allOf: [{ type: "object", required: ["a"] }, { properties: { a: { type: "boolean" } } }] }],
  ["properties to make up", { type: "object", minProperties: 2, additionalProperties: { type: "number" } }],
  ["a recursive type", tree],
  ["anything", {}],
];

describe("a value for a schema", () => {
  it.each(SCHEMAS)("is valid for %s", (_name, schema) => {
    for (let seed = 0; seed < 20; seed++) {
      const value = valueForSchema(schema, seed);
      expect({ value, ...new Validator(schema).validate(value) }).toMatchObject({ valid: true });
    }
  });

  it("has only the required properties, or all properties where none is required", () => {
    const properties = { a: { type: "boolean" }, b: { type: "boolean" } };
    expect(valueForSchema({ type: "object", properties, required: ["b"] }, 1)).toEqual({ b: true });
    expect(valueForSchema({ type: "object", properties }, 1)).toEqual({ a: true, b: true });
  });

  it("is null for schemas without a finite value, and for schemas that fan out", () => {
    expect(valueForSchema({ type: "object", required: ["a"], properties: { a: { $ref: "#" } } }, 1)).toBeNull();
    const $defs: Record<string, unknown> = { d0: { type: "null" } };
    for (let level = 1; level <= 30; level++) {
      const ref = { $ref: `#/$defs/d${level - 1}` };
      $defs[`d${level}`] = { type: "object", required: ["l", "r"], properties: { l: ref, r: ref } };
    }
    expect(valueForSchema({ $ref: "#/$defs/d30", $defs }, 1)).toBeNull();
  });
});

describe("the text of an answer", () => {
  const input = { model: "m", maxTokens: undefined, stop: [], schema: undefined, jsonObject: false, fixed: undefined };
  const ask = (content: string, maxTokens?: number): ReturnType<typeof makeAnswer> =>
    makeAnswer({ ...input, messages: [{ role: "user", content }], maxTokens });

  it("has 20 to 60 generated words and some characters beside ASCII", () => {
    for (let number = 0; number < 200; number++) {
      const words = ask(`question ${number}`).text.split("”. ")[1]?.split(" ").length ?? 0;
      expect(words).toBeGreaterThanOrEqual(20);
      expect(words).toBeLessThanOrEqual(60);
    }
    // oxlint-disable-next-line no-control-regex -- the ASCII range is what is meant
    expect(ask("question").text.replace(/“|”/g, "")).toMatch(/[^\u0000-\u007f]/);
  });

  it("never exceeds the token limit and never splits a character", () => {
    for (let most = 1; most < 60; most++) {
      const { text, tokens, end } = ask("漢字🚀".repeat(30), most);
      expect(tokens).toBeLessThanOrEqual(most);
      expect(end).toBe("length");
      expect(text.isWellFormed()).toBe(true);
      expect(text).not.toContain("\ufffd");
    }
  });

  it("echoes at most 200 characters", () => {
    expect(ask("y".repeat(100_000)).text).toMatch(/“y{200}…”/);
  });

  it("is split into pieces whose concatenation is the whole text", () => {
    for (const text of ["a  b\n\nc", " x", "🚀".repeat(40), "é 漢字 ", ""])
      expect(splitPieces(text).join("")).toBe(text);
    expect(cutToTokens("éééé", 1)).toBe("éé");
    expect(countTokens("漢字")).toBe(2);
  });
});
