import type { FieldError } from "../errors.ts";
import { compilePattern, countProperties, MAX_PATTERN_LENGTH } from "./pattern.ts";
import { resolvePointer } from "./pointer.ts";
import { keywordFaults, unknownKeywords } from "./schema-keywords.ts";
import type { JsonSchema } from "./schema.ts";
import { isRecord } from "./values.ts";

/** The deepest nesting that a schema or an answer may have, in levels. */
export const MAX_DEPTH = 64;
/** The most schemas within a schema. OpenAI takes as many properties. */
const MAX_SCHEMAS = 5000;
/** The most different patterns within a schema: each becomes an automaton. */
const MAX_PATTERNS = 100;
/**
 * The most properties of Unicode (`\p{…}`) that these patterns may name. One that the isolate does
 * not have in memory takes some 10 ms, and every use some 2 ms.
 */
const MAX_PROPERTIES = 100;

/**
 * Keywords of draft 2020-12 that `validate.ts` does not follow. They are refused rather than
 * silently ignored.
 */
const UNSUPPORTED = ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$id", "id"];
const SCHEMA_KEYS = (
  "items contains additionalProperties unevaluatedProperties unevaluatedItems propertyNames not if then else " +
  "additionalItems"
).split(" ");
const SCHEMA_LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SCHEMA_MAPS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
const TYPES = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);

/**
 * Checks a JSON Schema that answers will be validated against. It must describe an object, in
 * keywords that `validate.ts` follows. Refused are a remote or dangling `$ref`, a `$ref` that leads
 * only to itself, dynamic references, `$id`, unknown types, patterns that only backtracking can
 * follow, nesting deeper than {@link MAX_DEPTH}, and more schemas, patterns or properties of
 * Unicode than an isolate can take in at once. Paths begin with `at`. An empty list means that it
 * is usable. Then a sentence for each keyword that JSON Schema does not know is added to
 * `warnings`.
 */
export function checkSchema(schema: JsonSchema, warnings: string[] = [], at = "output_schema"): FieldError[] {
  const check = new SchemaCheck(schema);
  if (schema["type"] !== "object") check.fault(`${at}.type`, 'must be "object"');
  check.checkSchema(schema, at, 0);
  if (check.errors.length === 0) warnings.push(...check.warnings);
  return check.errors;
}

/** One check of a schema. */
class SchemaCheck {
  readonly errors: FieldError[] = [];
  readonly warnings: string[] = [];
  readonly #root: JsonSchema;
  readonly #patterns = new Set<string>();
  #properties = 0;
  #schemas = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  fault(path: string, message: string): void {
    this.errors.push({ path, message });
  }

  checkSchema(schema: unknown, path: string, depth: number): void {
    if (typeof schema === "boolean") return;
    if (!isRecord(schema)) return this.fault(path, "must be a schema");
    if (depth > MAX_DEPTH) return this.fault(path, `is nested deeper than ${MAX_DEPTH} levels`);
    this.#schemas += 1;
    if (this.#schemas === MAX_SCHEMAS + 1) this.fault(path, `is one of more than ${MAX_SCHEMAS} schemas`);
    if (this.#schemas > MAX_SCHEMAS) return;
    for (const keyword of UNSUPPORTED) {
      if (keyword in schema) this.fault(`${path}.${keyword}`, "is not supported");
    }
    this.errors.push(...keywordFaults(schema, path));
    this.warnings.push(...unknownKeywords(schema, path));
    this.#checkType(schema["type"], path);
    if (schema["pattern"] !== undefined) this.#checkPattern(schema["pattern"], `${path}.pattern`);
    if (schema["$ref"] !== undefined) this.#checkReference(schema["$ref"], `${path}.$ref`);
    this.#checkLists(schema, path);
    this.#checkParts(schema, path, depth + 1);
  }

  #checkParts(schema: JsonSchema, path: string, depth: number): void {
    for (const key of SCHEMA_KEYS) {
      if (schema[key] !== undefined) this.checkSchema(schema[key], `${path}.${key}`, depth);
    }
    for (const key of SCHEMA_LISTS) {
      const list = schema[key];
      if (list === undefined) continue;
      if (!Array.isArray(list)) this.fault(`${path}.${key}`, "must be a list of schemas");
      else list.forEach((part, index) => this.checkSchema(part, `${path}.${key}.${index}`, depth));
    }
    for (const key of SCHEMA_MAPS) {
      const map = schema[key];
      if (map === undefined) continue;
      if (!isRecord(map)) this.fault(`${path}.${key}`, "must be an object of schemas");
      else for (const [name, part] of Object.entries(map)) this.checkSchema(part, `${path}.${key}.${name}`, depth);
    }
    const { patternProperties } = schema;
    if (!isRecord(patternProperties)) return;
    for (const pattern of Object.keys(patternProperties)) this.#checkPattern(pattern, `${path}.patternProperties`);
  }

  #checkType(type: unknown, path: string): void {
    const types: unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
    for (const one of types) {
      if (typeof one !== "string" || !TYPES.has(one)) this.fault(`${path}.type`, "is not a JSON Schema type");
    }
  }

  #checkLists(schema: JsonSchema, path: string): void {
    if (schema["enum"] !== undefined && !Array.isArray(schema["enum"])) this.fault(`${path}.enum`, "must be a list");
    const { required, dependentRequired } = schema;
    if (required !== undefined && !isListOfNames(required)) this.fault(`${path}.required`, "must be a list of names");
    if (dependentRequired === undefined) return;
    if (!isRecord(dependentRequired) || !Object.values(dependentRequired).every(isListOfNames)) {
      this.fault(`${path}.dependentRequired`, "must be an object of lists of names");
    }
  }

  #checkPattern(pattern: unknown, path: string): void {
    if (typeof pattern !== "string" || pattern.length > MAX_PATTERN_LENGTH) {
      return this.fault(path, `must be a string of at most ${MAX_PATTERN_LENGTH} characters`);
    }
    if (this.#patterns.has(pattern)) return;
    this.#patterns.add(pattern);
    if (this.#patterns.size === MAX_PATTERNS + 1) this.fault(path, `is one of more than ${MAX_PATTERNS} patterns`);
    if (this.#patterns.size > MAX_PATTERNS) return;
    this.#properties += countProperties(pattern);
    if (this.#properties > MAX_PROPERTIES) {
      return this.fault(path, `names one of more than ${MAX_PROPERTIES} properties of Unicode`);
    }
    try {
      compilePattern(pattern);
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unreadable";
      this.fault(path, `is not a regular expression that can be matched in one pass: ${reason}`);
    }
  }

  #checkReference($ref: unknown, path: string): void {
    const seen = new Set<unknown>();
    for (let next = $ref; next !== undefined;) {
      if (typeof next !== "string" || !/^#(?:\/|$)/.test(next)) {
        return this.fault(path, "must point into this schema (#/…)");
      }
      if (seen.has(next)) return this.fault(path, "leads back to itself");
      if (seen.size === MAX_DEPTH) return this.fault(path, `leads over more than ${MAX_DEPTH} references`);
      seen.add(next);
      const target = resolvePointer(this.#root, next);
      if (target === undefined) return this.fault(path, "points to nothing");
      next = isRecord(target) ? target["$ref"] : undefined;
    }
  }
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
