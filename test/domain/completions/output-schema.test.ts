import { describe, expect, it } from "vitest";
import { MAX_OUTPUT_LENGTH, validateOutput } from "../../../src/domain/completions/output-schema.ts";
import { checkSchema, MAX_DEPTH } from "../../../src/domain/json-schema/check-schema.ts";
import type { JsonSchema } from "../../../src/domain/json-schema/schema.ts";

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

describe("an output schema", () => {
  it.each([
    ["an ordinary schema", REVIEW],
    ["a recursive schema", { type: "object", properties: { next: { $ref: "#" } } }],
    ["a property named like a keyword", { type: "object", properties: { id: { type: "string" }, $ref: {} } }],
    [
      "a reference to a name with slashes",
      { type: "object", properties: { a: { $ref: "#/$defs/b~1c" } }, $defs: { "b/c": {} } },
    ],
  ])("is accepted: %s", (_case, schema) => {
    expect(checkSchema(schema)).toEqual([]);
  });

  it.each<[string, JsonSchema, string]>([
    ["no type", {}, "output_schema.type"],
    ["another type than object", { type: "array" }, "output_schema.type"],
    ["a remote reference", schemaWith({ $ref: "https://evil.test/s.json" }), "output_schema.properties.a.$ref"],
    ["a reference to nothing", schemaWith({ $ref: "#/$defs/none" }), "output_schema.properties.a.$ref"],
    ["a reference that is not a string", schemaWith({ $ref: 5 }), "output_schema.properties.a.$ref"],
    ["a reference to itself", schemaWith({ $ref: "#/properties/a" }), "output_schema.properties.a.$ref"],
    ["a dynamic reference", schemaWith({ $dynamicRef: "#x" }), "output_schema.properties.a.$dynamicRef"],
    ["an id", { type: "object", $id: "https://evil.test/" }, "output_schema.$id"],
    ["a type that does not exist", schemaWith({ type: "text" }), "output_schema.properties.a.type"],
    ["a pattern that does not compile", schemaWith({ pattern: "(" }), "output_schema.properties.a.pattern"],
    ["a pattern that looks ahead", schemaWith({ pattern: "^(?=a)" }), "output_schema.properties.a.pattern"],
    ["a pattern that refers back", schemaWith({ pattern: "(a)\\1" }), "output_schema.properties.a.pattern"],
    ["properties that are not an object", { type: "object", properties: [] }, "output_schema.properties"],
    ["a property that is not a schema", schemaWith("string"), "output_schema.properties.a"],
    ["anyOf that is not a list", schemaWith({ anyOf: {} }), "output_schema.properties.a.anyOf"],
    ["required that is not a list of names", { type: "object", required: "a" }, "output_schema.required"],
    ["a bound of draft 4", schemaWith({ exclusiveMinimum: true }), "output_schema.properties.a.exclusiveMinimum"],
    ["a length that is a text", schemaWith({ maxLength: "3" }), "output_schema.properties.a.maxLength"],
    ["uniqueItems that is no boolean", schemaWith({ uniqueItems: 1 }), "output_schema.properties.a.uniqueItems"],
    ["an enum that is not a list", schemaWith({ enum: "a" }), "output_schema.properties.a.enum"],
  ])("is refused with the path of the error: %s", (_case, schema, path) => {
    expect(checkSchema(schema).map((error) => error.path)).toContain(path);
  });

  it("is refused when it is nested too deeply", () => {
    expect(checkSchema(nested(MAX_DEPTH))).toEqual([]);
    expect(checkSchema(nested(MAX_DEPTH + 1))).toHaveLength(1);
    expect(checkSchema(nested(5000))).toHaveLength(1);
  });

  it.each<[string, JsonSchema, string]>([
    ["schemas", { type: "object", anyOf: Array.from({ length: 6000 }, () => ({})) }, "output_schema.anyOf.4999"],
    [
      "patterns",
      { type: "object", anyOf: Array.from({ length: 200 }, (_, index) => ({ pattern: `a${index}` })) },
      "output_schema.anyOf.100.pattern",
    ],
    [
      "references in a row",
      {
        type: "object",
        $ref: "#/$defs/d0",
        $defs: Object.fromEntries(
          Array.from({ length: 100 }, (_, index) => [`d${index}`, index < 99 ? { $ref: `#/$defs/d${index + 1}` } : {}]),
        ),
      },
      "output_schema.$ref",
    ],
  ])("is refused with too many %s", (_case, schema, path) => {
    expect(checkSchema(schema)[0]?.path).toBe(path);
  });

  it("is not modified, so it may be frozen", () => {
    const frozen = Object.freeze({ type: "object", properties: Object.freeze({ a: Object.freeze({ $ref: "#" }) }) });
    expect(checkSchema(frozen)).toEqual([]);
    expect(validateOutput(frozen, "{}")).toMatchObject({ ok: true });
  });
});

describe("validateOutput", () => {
  it.each([
    ["plain", '{"sentiment": "good", "tags": ["a"]}'],
    ["in a fence", '```json\n{"sentiment": "good", "tags": ["a"]}\n```'],
    ["in a fence that ends on its line", '```json\n{"sentiment": "good", "tags": ["a"]}```'],
    ["in a fence of one line", '```json{"sentiment": "good", "tags": ["a"]}```'],
    ["in a fence without a language, with spaces around", '\n  ```\r\n{"sentiment": "good", "tags": ["a"]}\r\n```  \n'],
  ])("returns the value of an answer that fits: %s", (_case, text) => {
    expect(validateOutput(REVIEW, text)).toEqual({ ok: true, value: { sentiment: "good", tags: ["a"] } });
  });

  it.each([
    ["prose", "It is good.", "output"],
    ["prose around a fence", 'Here:\n```json\n{"sentiment": "good"}\n```', "output"],
    ["JSON that is cut off", '{"sentiment": "go', "output"],
    ["an empty answer", "", "output"],
    ["another type", "[]", "output"],
    ["a wrong value", '{"sentiment": "meh"}', "output.sentiment"],
    ["a number out of range", '{"sentiment": "good", "score": 2}', "output.score"],
    ["a wrong item, by reference", '{"sentiment": "good", "tags": ["a", "B"]}', "output.tags.1"],
    ["too many properties", '{"sentiment": "good", "x": 1}', "output.x"],
    ["an answer that is too long", `"${"a".repeat(MAX_OUTPUT_LENGTH)}"`, "output"],
    ["an answer that is nested too deeply", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, "output"],
  ])("reports the path of an error: %s", (_case, text, path) => {
    const result = validateOutput(REVIEW, text);
    expect(result.ok ? [] : result.errors.map((error) => error.path)).toContain(path);
  });

  it("reports at most twenty errors", () => {
    const schema = { type: "object", additionalProperties: { type: "string" } };
    const result = validateOutput(schema, JSON.stringify(Array.from({ length: 50 }, (_, index) => index)));
    expect(result.ok).toBe(false);
    const many = validateOutput(
      schema,
      JSON.stringify(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, index]))),
    );
    expect(many.ok ? 0 : many.errors.length).toBe(20);
  });

  it("does not throw for a schema that was not checked before", () => {
    const endless = { type: "object", allOf: [{ $ref: "#" }] };
    for (const schema of [endless, { $ref: "https://evil.test" }, { type: "object", required: 5 }]) {
      expect(validateOutput(schema, "{}")).toMatchObject({ ok: false, errors: [{ path: "output_schema" }] });
    }
  });

  it.each(["^(a+)+$", "(a|aa)*b", "a*a*a*a*b"])("matches a pattern in time linear in the answer: %s", (pattern) => {
    const answer = JSON.stringify({ a: `${"a".repeat(50_000)}!` });
    expect(checkSchema(schemaWith({ pattern }))).toEqual([]);
    expect(validateOutput(schemaWith({ pattern }), answer)).toMatchObject({ errors: [{ path: "output.a" }] });
  });

  it("ends where a schema takes too much work", () => {
    const schema = schemaWith({ items: { allOf: Array.from({ length: 500 }, () => ({ type: "object" })) } });
    const answer = JSON.stringify({ a: Array.from({ length: 5000 }, () => ({})) });
    expect(validateOutput(schema, answer)).toEqual({
      ok: false,
      errors: [{ path: "output_schema", message: "takes too much work to check the answer" }],
    });
  });

  it("treats `__proto__` in an answer as plain data", () => {
    const result = validateOutput({ type: "object" }, '{"__proto__": {"admin": true}}');
    expect(result.ok && Object.getPrototypeOf(result.value)).toBe(Object.prototype);
  });
});

function schemaWith(a: unknown): JsonSchema {
  return { type: "object", properties: { a } };
}
