import { describe, expect, it } from "vitest";
import {
  checkSchema,
  MAX_DEPTH,
  MAX_OUTPUT_LENGTH,
  validateOutput,
} from "../../../src/domain/completions/output-schema.ts";
import type { JsonSchema } from "../../../src/domain/prompts/prompt.ts";

const REVIEW: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    sentiment: { enum: ["good", "bad"] },
    score: { type: "number", minimum: 0, maximum: 1 },
    tags: { type: "array", items: { $ref: "#/$defs/tag" } },
  },
  required: ["sentiment"],
  additionalProperties: false,
  $defs: { tag: { type: "string", pattern: "^[a-z]+$" } },
};

function nested(levels: number): JsonSchema {
  let schema: JsonSchema = { type: "string" };
  for (let level = 0; level < levels; level += 1) schema = { type: "object", properties: { a: schema } };
  return schema;
}

describe("a schema at import", () => {
  it.each([
    ["an ordinary one", REVIEW],
    ["a recursive one", { type: "object", properties: { next: { $ref: "#" } } }],
    ["a property that is called like a keyword", { type: "object", properties: { id: { type: "string" }, $ref: {} } }],
    [
      "a reference to a name with slashes",
      { type: "object", properties: { a: { $ref: "#/$defs/b~1c" } }, $defs: { "b/c": {} } },
    ],
  ])("is usable: %s", (_what, schema) => {
    expect(checkSchema(schema)).toEqual([]);
  });

  it.each<[string, JsonSchema, string]>([
    ["no type", {}, "output_schema.type"],
    ["another type than object", { type: "array" }, "output_schema.type"],
    ["a remote reference", at({ $ref: "https://evil.test/s.json" }), "output_schema.properties.a.$ref"],
    ["a reference to nothing", at({ $ref: "#/$defs/none" }), "output_schema.properties.a.$ref"],
    ["a reference that is no text", at({ $ref: 5 }), "output_schema.properties.a.$ref"],
    ["a reference to itself", at({ $ref: "#/properties/a" }), "output_schema.properties.a.$ref"],
    ["a dynamic reference", at({ $dynamicRef: "#x" }), "output_schema.properties.a.$dynamicRef"],
    ["an id", { type: "object", $id: "https://evil.test/" }, "output_schema.$id"],
    ["a type that does not exist", at({ type: "text" }), "output_schema.properties.a.type"],
    ["a pattern that does not compile", at({ pattern: "(" }), "output_schema.properties.a.pattern"],
    ["a pattern of exponential time", at({ pattern: "^(a+)+$" }), "output_schema.properties.a.pattern"],
    ["a pattern that branches and repeats", at({ pattern: "(a|aa)*b" }), "output_schema.properties.a.pattern"],
    ["properties that are no object", { type: "object", properties: [] }, "output_schema.properties"],
    ["a property that is no schema", at("string"), "output_schema.properties.a"],
    ["anyOf that is no list", at({ anyOf: {} }), "output_schema.properties.a.anyOf"],
    ["required that is no list of names", { type: "object", required: "a" }, "output_schema.required"],
    ["an enum that is no list", at({ enum: "a" }), "output_schema.properties.a.enum"],
  ])("is refused with the path of the fault: %s", (_what, schema, path) => {
    expect(checkSchema(schema).map((error) => error.path)).toContain(path);
  });

  it("is refused when it is nested too deep", () => {
    expect(checkSchema(nested(MAX_DEPTH))).toEqual([]);
    expect(checkSchema(nested(MAX_DEPTH + 1))).toHaveLength(1);
    expect(checkSchema(nested(5000))).toHaveLength(1);
  });

  it("is left as it was, frozen or not", () => {
    const frozen = Object.freeze({ type: "object", properties: Object.freeze({ a: Object.freeze({ $ref: "#" }) }) });
    expect(checkSchema(frozen)).toEqual([]);
    expect(validateOutput(frozen, "{}")).toMatchObject({ ok: true });
  });
});

describe("an answer", () => {
  it.each([
    ["plain", '{"sentiment": "good", "tags": ["a"]}'],
    ["in a fence", '```json\n{"sentiment": "good", "tags": ["a"]}\n```'],
    ["in a fence without a language, with spaces around", '\n  ```\r\n{"sentiment": "good", "tags": ["a"]}\r\n```  \n'],
  ])("that fits is returned as a value: %s", (_what, text) => {
    expect(validateOutput(REVIEW, text)).toEqual({ ok: true, value: { sentiment: "good", tags: ["a"] } });
  });

  it.each([
    ["prose", "It is good.", "output"],
    ["prose around a fence", 'Here:\n```json\n{"sentiment": "good"}\n```', "output"],
    ["JSON that is cut off", '{"sentiment": "go', "output"],
    ["nothing", "", "output"],
    ["another type", "[]", "output"],
    ["a wrong value", '{"sentiment": "meh"}', "output.sentiment"],
    ["a number out of range", '{"sentiment": "good", "score": 2}', "output.score"],
    ["a wrong item, by reference", '{"sentiment": "good", "tags": ["a", "B"]}', "output.tags.1"],
    ["too many properties", '{"sentiment": "good", "x": 1}', "output"],
    ["too much", `"${"a".repeat(MAX_OUTPUT_LENGTH)}"`, "output"],
    ["too deep a nesting", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, "output"],
  ])("that does not fit is told by path: %s", (_what, text, path) => {
    const result = validateOutput(REVIEW, text);
    expect(result.ok ? [] : result.errors.map((error) => error.path)).toContain(path);
  });

  it("lists at most twenty faults", () => {
    const schema = { type: "object", additionalProperties: { type: "string" } };
    const result = validateOutput(schema, JSON.stringify(Array.from({ length: 50 }, (_, index) => index)));
    expect(result.ok).toBe(false);
    const many = validateOutput(
      schema,
      JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, at]))),
    );
    expect(many.ok ? 0 : many.errors.length).toBe(20);
  });

  it("does not throw for a schema that was never checked", () => {
    const endless = { type: "object", allOf: [{ $ref: "#" }] };
    for (const schema of [endless, { $ref: "https://evil.test" }, { type: "object", required: 5 }]) {
      expect(validateOutput(schema, "{}")).toMatchObject({ ok: false, errors: [{ path: "output_schema" }] });
    }
  });

  it("keeps a `__proto__` of the answer as plain data", () => {
    const result = validateOutput({ type: "object" }, '{"__proto__": {"admin": true}}');
    expect(result.ok && Object.getPrototypeOf(result.value)).toBe(Object.prototype);
  });
});

function at(a: unknown): JsonSchema {
  return { type: "object", properties: { a } };
}
