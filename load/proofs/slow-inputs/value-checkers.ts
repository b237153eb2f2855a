import { validateOutput } from "../../../src/domain/completions/output-schema.ts";
import { jsonFault } from "../../../src/lib/json-fault.ts";
import { checkSchema } from "../../../src/domain/json-schema/check-schema.ts";
import { validate } from "../../../src/domain/json-schema/validate.ts";
import type { VariableSpec } from "../../../src/domain/prompts/prompt.ts";
import { bindVariables } from "../../../src/domain/prompts/variables.ts";
import { isStrictSchema } from "../../../src/providers/openai/strict-schema.ts";
import type { Suspect } from "./growth.ts";

type Json = Record<string, unknown>;

const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: Math.ceil(count) }, (_, at) => make(at));
const record = (count: number, value: (at: number) => unknown): Json =>
  Object.fromEntries(many(count, (at) => [`k${at}`, value(at)]));
const object = (more: Json): Json => ({ type: "object", ...more });

/** Schemas, and values for them, by the number of their parts. */
const SCHEMAS: Record<string, (size: number) => [schema: Json, value: unknown]> = {
  properties: (size) => [object({ properties: record(size, () => ({ type: "string" })) }), record(size, () => "a")],
  required: (size) => [object({ required: many(size, (at) => `k${at}`) }), {}],
  "required, all there": (size) => [object({ required: many(size, (at) => `k${at}`) }), record(size, () => 1)],
  "enum of objects": (size) => [
    object({ properties: { a: { enum: many(size, (at) => ({ at })) } } }),
    { a: { at: -1 } },
  ],
  "an enum for each item": (size) => [
    object({ properties: { a: { items: { enum: many(Math.sqrt(size), (at) => `o${at}`) } } } }),
    { a: many(Math.sqrt(size), () => "none") },
  ],
  uniqueItems: (size) => [object({ properties: { a: { uniqueItems: true } } }), { a: many(size, (at) => ({ at })) }],
  references: (size) => [
    object({
      $defs: record(size, () => ({ type: "string" })),
      anyOf: many(size, (at) => ({ $ref: `#/$defs/k${at}` })),
    }),
    {},
  ],
  "references in a chain": (size) => [
    object({
      $defs: record(size, (at) => ({ allOf: [{ $ref: `#/$defs/k${at + 1}` }, { $ref: `#/$defs/k${at + 1}` }] })),
      $ref: "#/$defs/k0",
    }),
    {},
  ],
  "long pointers": (size) => [object({ $ref: `#${"/a".repeat(size)}` }), {}],
  patternProperties: (size) => [object({ patternProperties: { "^k.*1$": {}, "a*a*b": {} } }), record(size, () => 1)],
  "a pattern over a long text": (size) => [
    object({ properties: { a: { pattern: "^(a|a)*(a*)*$" } } }),
    { a: "a".repeat(size) + "!" },
  ],
  unevaluatedProperties: (size) => [
    object({ allOf: many(4, () => ({ properties: record(size / 4, () => ({})) })), unevaluatedProperties: false }),
    record(size / 4, () => 1),
  ],
  contains: (size) => [
    object({ properties: { a: { contains: { const: 1 }, minContains: 3 } } }),
    { a: many(size, () => 2) },
  ],
  "unknown keywords": (size) => [object(record(size, () => 1)), {}],
  dependentRequired: (size) => [
    object({ dependentRequired: record(size, (at) => [`k${at + 1}`]) }),
    record(size, () => 1),
  ],
  prefixItems: (size) => [
    object({ properties: { a: { prefixItems: many(size, () => ({})), unevaluatedItems: false } } }),
    { a: many(size, () => 1) },
  ],
  const: (size) => [object({ properties: { a: { const: record(size, () => 1) } } }), { a: record(size, () => 1) }],
  propertyNames: (size) => [object({ propertyNames: { maxLength: 1 } }), record(size, () => 1)],
  "nested anyOf": (size) => {
    let inner: Json = { type: "string" };
    for (let level = 0; level < Math.log2(size); level += 1) inner = { anyOf: [inner, inner] };
    return [object({ anyOf: [inner] }), {}];
  },
};

const ANSWERS: Record<string, (size: number) => string> = {
  fences: (size) => "```".repeat(size / 3),
  "an open fence": (size) => `\`\`\`json${" ".repeat(size)}`,
  "letters in a fence": (size) => `\`\`\`${"a".repeat(size)}\`\`\``,
  brackets: (size) => "[".repeat(size),
  braces: (size) => '{"a":'.repeat(size / 5),
  "white space": (size) => " ".repeat(size) + "x" + " ".repeat(size),
};

/** Options of a variable and a value, by the number of their parts. */
const VARIABLES: Record<string, (size: number) => [spec: Omit<VariableSpec, "required">, value: unknown]> = {
  options: (size) => [{ type: "string", options: many(size, (at) => `o${at}`) }, "none"],
  "options that are objects": (size) => [
    { type: "object", options: many(size / 8, (at) => ({ at })) },
    record(size / 8, () => 1),
  ],
  "a long text": (size) => [{ type: "string", max: 10 }, "é".repeat(size)],
  "a long list": (size) => [{ type: "list" }, many(size, () => "a\0")],
  "a wide object": (size) => [{ type: "object" }, record(size, () => "a")],
  "a deep object": (size) => [{ type: "object" }, record(size, () => ({ a: { b: { c: 1 } } }))],
};

/** Suspects among the checkers of schemas, answers and variables. */
export function valueSuspects(): Suspect[] {
  const suspects: Suspect[] = [];
  const add = (parser: string, shape: string, prepare: Suspect["prepare"]) => suspects.push({ parser, shape, prepare });
  for (const [shape, make] of Object.entries(SCHEMAS)) {
    add("schema", shape, (size) => {
      const [schema] = make(size);
      return () => [checkSchema(schema), isStrictSchema(schema)];
    });
    add("answer by a schema", shape, (size) => {
      const [schema, value] = make(size);
      return () => validate(schema, value, "output");
    });
  }
  for (const [shape, make] of Object.entries(ANSWERS)) {
    add("answer as JSON", shape, (size) => {
      const text = make(size);
      return () => validateOutput({ type: "object" }, text);
    });
  }
  for (const [shape, make] of Object.entries(VARIABLES)) {
    add("variables", shape, (size) => {
      const [spec, value] = make(size);
      return () => bindVariables({ x: { required: true, ...spec } }, { x: value });
    });
    add("JSON that survives", shape, (size) => {
      const [, value] = make(size);
      return () => jsonFault(value);
    });
  }
  return suspects;
}
