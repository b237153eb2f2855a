import type { FieldError } from "../errors.ts";
import type { JsonSchema } from "./schema.ts";

const NUMBERS = "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(" ");
const COUNTS = "minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains".split(" ");
/** Keywords of draft 2020-12, and those of older drafts that are still read. */
const KNOWN: ReadonlySet<string> = new Set([
  ...NUMBERS,
  ...COUNTS,
  ..."$schema $ref $anchor $comment $defs $vocabulary definitions type enum const allOf anyOf oneOf not if then else".split(
    " ",
  ),
  ..."properties patternProperties additionalProperties propertyNames required dependentRequired dependentSchemas".split(
    " ",
  ),
  ..."items prefixItems additionalItems contains uniqueItems unevaluatedItems unevaluatedProperties".split(" "),
  ..."pattern format contentEncoding contentMediaType contentSchema title description default examples".split(" "),
  ..."deprecated readOnly writeOnly dependencies".split(" "),
]);

/**
 * The faults of one schema's keywords whose values are of a wrong type: draft 4 had other types.
 */
export function keywordFaults(schema: JsonSchema, path: string): FieldError[] {
  const numbers = NUMBERS.filter((keyword) => schema[keyword] !== undefined && typeof schema[keyword] !== "number");
  const counts = COUNTS.filter((keyword) => {
    const value = schema[keyword];
    return value !== undefined && !(typeof value === "number" && Number.isInteger(value) && value >= 0);
  });
  const faults = [
    ...numbers.map((keyword) => ({ path: `${path}.${keyword}`, message: "must be a number" })),
    ...counts.map((keyword) => ({ path: `${path}.${keyword}`, message: "must be a whole number of at least 0" })),
  ];
  if (schema["uniqueItems"] !== undefined && typeof schema["uniqueItems"] !== "boolean") {
    faults.push({ path: `${path}.uniqueItems`, message: "must be true or false" });
  }
  return faults;
}

/** A sentence for each keyword of one schema that JSON Schema does not know, such as OpenAPI's. */
export function unknownKeywords(schema: JsonSchema, path: string): string[] {
  return Object.keys(schema)
    .filter((keyword) => !KNOWN.has(keyword))
    .map((keyword) => {
      const hint = keyword === "nullable" ? ': add "null" to the type instead' : "";
      return `${path}.${keyword} is not a keyword of JSON Schema and has no effect${hint}.`;
    });
}
