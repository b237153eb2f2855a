import { describe, expect, it } from "vitest";
import { compilePattern, matchingSteps } from "../../../src/domain/json-schema/pattern.ts";
import type { JsonSchema } from "../../../src/domain/json-schema/schema.ts";
import { MAX_STEPS, TooManySteps, validate } from "../../../src/domain/json-schema/validate.ts";

describe("validate", () => {
  it("says where a value does not fit, and why", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "array", items: { type: ["string", "null"] }, uniqueItems: true }, b: { enum: [1, 2] } },
      required: ["a", "c"],
      additionalProperties: false,
    };
    expect(validate(schema, { a: ["x", 1, "x"], b: 3, d: true }, "output").errors).toEqual([
      { path: "output.c", message: "is missing" },
      { path: "output.a.2", message: "is the same as item 0" },
      { path: "output.a.1", message: "must be string or null" },
      { path: "output.b", message: "is not one of the values in enum" },
      { path: "output.d", message: "is not allowed" },
    ]);
  });

  it("keeps values apart whose dotted paths are the same", () => {
    const schema = {
      type: "object",
      additionalProperties: {
        anyOf: [{ $ref: "#/$defs/text" }, { type: "object", additionalProperties: { $ref: "#/$defs/text" } }],
      },
      $defs: { text: { type: "string" } },
    };
    expect(validate(schema, { "a.b": "x", a: { b: 1 } }, "output").errors).not.toEqual([]);
    expect(validate(schema, { "a.b": "x", a: { b: "y" } }, "output").errors).toEqual([]);
  });

  it("does not hold a pattern of an old version against the answer that it cannot follow", () => {
    expect(validate({ pattern: "^(?!b)a" }, "ba", "output").errors).toEqual([]);
  });

  it("refuses a reference that leads back to the same value", () => {
    expect(() => validate({ allOf: [{ $ref: "#" }] }, {}, "output")).toThrow("leads back to itself");
  });
});

/** Schemas and answers that kept a validator that backtracks, or repeats itself, busy for minutes. */
const SLOW: ReadonlyArray<[string, (size: number) => [JsonSchema, unknown]]> = [
  ["a repeated group that repeats", (size) => [pattern("^((a+))+$"), `${"a".repeat(size)}!`]],
  ["several repetitions in a row", (size) => [pattern("a*a*a*a*b"), "a".repeat(size)]],
  ["repetitions of anything", (size) => [pattern(".*.*=.*"), "a".repeat(size)]],
  ["unique items that are objects", (size) => [{ uniqueItems: true }, items(size)]],
  ["parts doubled by reference", (size) => [doubled(Math.log2(size)), { a: 1 }]],
  ["a tree that each level applies twice", (size) => [twice(), chain(Math.log2(size))]],
  ["alternatives doubled by reference", (size) => [doubled(Math.log2(size), "anyOf"), { a: 1 }]],
];

describe("the work of a validation grows with its input", () => {
  it.each(SLOW)("%s", (_case, make) => {
    const small = validate(...make(1024), "output").steps;
    expect(validate(...make(8192), "output").steps / small).toBeLessThanOrEqual(9);
  });

  it("ends where it takes too many steps", () => {
    const parts = Array.from({ length: 500 }, (_, index) => ({ properties: { [`a${index}`]: true } }));
    const many = Array.from({ length: 5000 }, () => ({}));
    expect(() => validate({ items: { allOf: parts } }, many, "output")).toThrow(TooManySteps);
  });

  it("has room for an honest answer of ten thousand rows", () => {
    const row = {
      type: "object",
      properties: {
        id: { type: "integer" },
        name: { type: "string", maxLength: 100 },
        kind: { enum: ["a", "b", "c"] },
      },
      required: ["id", "name", "kind"],
      additionalProperties: false,
    };
    const rows = Array.from({ length: 10_000 }, (_, id) => ({ id, name: `row ${id}`, kind: "b" }));
    const { errors, steps } = validate({ type: "array", items: row, uniqueItems: true }, rows, "output");
    expect(errors).toEqual([]);
    expect(steps).toBeLessThan(MAX_STEPS / 5);
  });
});

describe("a pattern", () => {
  it.each([["(?=a)b"], ["(?<!a)b"], [String.raw`(a)\1`], ["(?:a{1,100}){1,100}"], ["(?i)a"], ["[a-z"]])(
    "is refused where it cannot be followed in one pass: %s",
    (source) => {
      expect(() => compilePattern(source)).toThrow(/regular expression|regexp|repeats too much/);
    },
  );

  it("costs more steps the more states it has", () => {
    const small = matchingSteps(compilePattern("^[a-z]+$"), 1000);
    expect(matchingSteps(compilePattern("^[a-z]{1,200}$"), 1000) / small).toBeGreaterThan(5);
  });
});

function pattern(source: string): JsonSchema {
  return { pattern: source };
}

function items(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => ({ kind: "row", group: "all", index: 1e6 + index }));
}

/** `$defs` of which each applies the next one twice: 2^levels ways to the last. */
function doubled(levels: number, keyword = "allOf"): JsonSchema {
  const $defs: JsonSchema = { [`d${levels}`]: { type: "object" } };
  for (let level = 0; level < levels; level += 1) {
    const $ref = `#/$defs/d${level + 1}`;
    $defs[`d${level}`] = { [keyword]: [{ $ref }, { $ref }] };
  }
  return { $ref: "#/$defs/d0", $defs };
}

function twice(): JsonSchema {
  const child = { properties: { a: { $ref: "#" } } };
  return { allOf: [child, child] };
}

function chain(levels: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}
