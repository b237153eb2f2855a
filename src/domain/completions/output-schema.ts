import { dereference, Validator } from "@cfworker/json-schema";
import type { FieldError } from "../errors.ts";
import type { JsonSchema } from "../json-schema.ts";
import { keywordFaults, unknownKeywords } from "./schema-keywords.ts";

/** The deepest nesting that a schema or an answer may have, in levels. */
export const MAX_DEPTH = 64;
/** The longest answer that is validated, in UTF-16 units. */
export const MAX_OUTPUT_LENGTH = 1024 * 1024;
/** The most errors that are reported for one answer. */
const MAX_ERRORS = 20;
const MAX_PATTERN_LENGTH = 256;

/**
 * Keywords of draft 2020-12 that @cfworker/json-schema 4 ignores. They are refused rather than
 * silently ignored.
 */
const UNSUPPORTED = ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$id", "id"];
const SCHEMA_KEYS = ["items", "contains", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"];
const MORE_SCHEMA_KEYS = ["propertyNames", "not", "if", "then", "else", "additionalItems"];
const SCHEMA_LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const SCHEMA_MAPS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
/** Keywords whose errors only repeat an error further down. */
const WRAPPERS = new Set(["properties", "items", "$ref"]);
const TYPES = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);

/** The result of {@link validateOutput}. */
type OutputResult = { ok: true; value: unknown } | { ok: false; errors: FieldError[] };

/**
 * Checks a prompt's `output_schema` at import. The schema must describe an object, in keywords that
 * can be validated here. Refused are a remote or dangling `$ref`, a `$ref` that leads only to
 * itself, dynamic references, `$id`, unknown types, patterns that do not compile or may take
 * exponential time, and nesting deeper than {@link MAX_DEPTH}. An empty list means that it is
 * usable. A sentence for each keyword that JSON Schema does not know is added to `warnings`.
 */
export function checkSchema(schema: JsonSchema, warnings: string[] = []): FieldError[] {
  const errors: FieldError[] = [];
  if (schema["type"] !== "object") errors.push({ path: "output_schema.type", message: 'must be "object"' });
  checkNode(schema, schema, "output_schema", 0, errors);
  if (errors.length === 0) warnings.push(...schemaWarnings(schema, "output_schema"));
  if (errors.length > 0) return errors;
  try {
    // The validator resolves all references up front, even inside keywords that it does not know.
    dereference(structuredClone(schema));
    return [];
  } catch {
    return [{ path: "output_schema", message: "cannot be resolved" }];
  }
}

/**
 * Parses a model's answer as JSON, without a Markdown code fence around it, and validates it
 * against the schema. The `path` of an error is dotted and begins with `output`. Never throws: a
 * schema that cannot be applied is reported as an error at `output_schema`.
 */
export function validateOutput(schema: JsonSchema, text: string): OutputResult {
  if (text.length > MAX_OUTPUT_LENGTH) return fault("output", `is longer than ${MAX_OUTPUT_LENGTH} characters`);
  let value: unknown;
  try {
    value = JSON.parse(unfence(text));
  } catch {
    return fault("output", "is not JSON");
  }
  if (deeperThan(value, MAX_DEPTH)) return fault("output", `is nested deeper than ${MAX_DEPTH} levels`);
  try {
    // The validator writes into the schema, so it gets a copy.
    const { valid, errors } = new Validator(structuredClone(schema), "2020-12", false).validate(value);
    if (valid) return { ok: true, value };
    const leaves = errors.filter(({ keyword }) => !WRAPPERS.has(keyword));
    return {
      ok: false,
      errors: leaves.slice(0, MAX_ERRORS).map(({ instanceLocation, error }) => toField(instanceLocation, error)),
    };
  } catch {
    return fault("output_schema", "cannot be applied to the answer");
  }
}

/**
 * The content of a Markdown code fence around the whole answer; without a fence, the answer itself.
 */
function unfence(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("```") || !trimmed.endsWith("```")) return trimmed;
  return trimmed
    .slice(3, -3)
    .replace(/^[a-z]+(?=\s*\{)/i, "")
    .trim();
}

function checkNode(node: unknown, root: JsonSchema, path: string, depth: number, errors: FieldError[]): void {
  if (typeof node === "boolean") return;
  if (!isRecord(node)) return void errors.push({ path, message: "must be a schema" });
  if (depth > MAX_DEPTH) return void errors.push({ path, message: `is nested deeper than ${MAX_DEPTH} levels` });
  for (const keyword of UNSUPPORTED) {
    if (keyword in node) errors.push({ path: `${path}.${keyword}`, message: "is not supported" });
  }
  errors.push(...keywordFaults(node, path));
  checkType(node["type"], path, errors);
  if (node["pattern"] !== undefined) checkPattern(node["pattern"], `${path}.pattern`, errors);
  if (node["$ref"] !== undefined) checkRef(node["$ref"], root, `${path}.$ref`, errors);
  checkLists(node, path, errors);
  for (const [child, childPath] of children(node, path, errors)) checkNode(child, root, childPath, depth + 1, errors);
}

/** The unknown keywords of a schema that was checked, at every level. */
function schemaWarnings(node: unknown, path: string): string[] {
  if (!isRecord(node)) return [];
  const below = children(node, path, []).flatMap(([child, childPath]) => schemaWarnings(child, childPath));
  return [...unknownKeywords(node, path), ...below];
}

function children(node: JsonSchema, path: string, errors: FieldError[]): Array<[unknown, string]> {
  const found: Array<[unknown, string]> = [];
  for (const key of [...SCHEMA_KEYS, ...MORE_SCHEMA_KEYS]) {
    if (node[key] !== undefined) found.push([node[key], `${path}.${key}`]);
  }
  for (const key of SCHEMA_LISTS) {
    const list = node[key];
    if (list === undefined) continue;
    if (!Array.isArray(list)) errors.push({ path: `${path}.${key}`, message: "must be a list of schemas" });
    else found.push(...list.map((child: unknown, index): [unknown, string] => [child, `${path}.${key}.${index}`]));
  }
  for (const key of SCHEMA_MAPS) {
    const map = node[key];
    if (map === undefined) continue;
    if (!isRecord(map)) errors.push({ path: `${path}.${key}`, message: "must be an object of schemas" });
    else for (const [name, child] of Object.entries(map)) found.push([child, `${path}.${key}.${name}`]);
    if (key === "patternProperties" && isRecord(map)) {
      for (const name of Object.keys(map)) checkPattern(name, `${path}.${key}`, errors);
    }
  }
  return found;
}

function checkType(type: unknown, path: string, errors: FieldError[]): void {
  const types: unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  for (const one of types) {
    if (typeof one !== "string" || !TYPES.has(one))
      errors.push({ path: `${path}.type`, message: "is not a JSON Schema type" });
  }
}

function checkLists(node: JsonSchema, path: string, errors: FieldError[]): void {
  if (node["enum"] !== undefined && !Array.isArray(node["enum"])) {
    errors.push({ path: `${path}.enum`, message: "must be a list" });
  }
  const required: unknown = node["required"];
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === "string"))) {
    errors.push({ path: `${path}.required`, message: "must be a list of names" });
  }
}

function checkPattern(pattern: unknown, path: string, errors: FieldError[]): void {
  if (typeof pattern !== "string" || pattern.length > MAX_PATTERN_LENGTH) {
    return void errors.push({ path, message: `must be a string of at most ${MAX_PATTERN_LENGTH} characters` });
  }
  try {
    RegExp(pattern, "u");
  } catch {
    return void errors.push({ path, message: "is not a regular expression" });
  }
  // A repeated group that contains a repetition or an alternative can take exponential time.
  if (/\([^()]*[+*|}][^()]*\)(?:[+*]|\{\d+,)/.test(pattern)) {
    errors.push({ path, message: "repeats a group that repeats or branches" });
  }
}

function checkRef(ref: unknown, root: JsonSchema, path: string, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (let next: unknown = ref; next !== undefined;) {
    if (typeof next !== "string" || !/^#(?:\/|$)/.test(next)) {
      return void errors.push({ path, message: "must point into this schema (#/…)" });
    }
    if (seen.has(next)) return void errors.push({ path, message: "leads back to itself" });
    seen.add(next);
    const target = atPointer(root, next);
    if (target === undefined) return void errors.push({ path, message: "points to nothing" });
    next = isRecord(target) ? target["$ref"] : undefined;
  }
}

/** The value at a JSON Pointer (RFC 6901) in a URI fragment. */
function atPointer(root: unknown, pointer: string): unknown {
  let node = root;
  for (const token of pointer.slice(1).split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(node)) node = node[Number(key)];
    else node = isRecord(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }
  return node;
}

function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => deeperThan(member, levels - 1));
}

/** Turns the location `#/items/0/name` into the path `output.items.0.name`. */
function toField(location: string, message: string): FieldError {
  return {
    path: `output${location.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~")}`,
    message,
  };
}

function fault(path: string, message: string): OutputResult {
  return { ok: false, errors: [{ path, message }] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
