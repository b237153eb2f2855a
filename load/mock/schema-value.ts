import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import { isObject } from "./json.ts";
import { numberForSchema, stringForSchema } from "./schema-scalar.ts";

const DEPTH_LIMIT = 64;
/** The largest number of schemas to visit for one value; references may fan out. */
const BUDGET = 10_000;
/** Above this depth an object without `required` has all its properties and not just `{}`. */
const SHOW_ALL_DEPTH = 3;

interface Context {
  root: JsonSchema;
  seed: number;
  /** The references on the current path. A reference to itself has no finite value there. */
  following: Set<string>;
  budget: number;
}

/**
 * A small value that is valid for a JSON Schema: const, enum, $ref to $defs, the first satisfiable
 * alternative of anyOf and oneOf, merged allOf, objects with their required properties, arrays with
 * `minItems`, strings and numbers within their bounds. A pattern is satisfied where one of a few
 * common texts matches it. `not`, `if` and `dependentSchemas` are ignored.
 */
export function valueForSchema(schema: JsonSchema, seed: number): unknown {
  return make({ root: schema, seed, following: new Set(), budget: BUDGET }, schema, 0, 0) ?? null;
}

/** Undefined where no finite value was found. `ordinal` makes the items of an array differ. */
function make(context: Context, schema: unknown, depth: number, ordinal: number): unknown {
  if (schema === true) return null;
  if (!isObject(schema) || depth > DEPTH_LIMIT || --context.budget < 0) return undefined;
  if (Object.hasOwn(schema, "const")) return schema["const"];
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices[ordinal % Math.max(1, choices.length)];
  const ref = schema["$ref"];
  if (typeof ref === "string") {
    if (context.following.has(ref)) return undefined;
    const { $ref: _ref, ...siblings } = schema;
    context.following.add(ref);
    const value = make(context, mergeSchemas(resolve(context.root, ref), siblings), depth + 1, ordinal);
    context.following.delete(ref);
    return value;
  }
  if (Array.isArray(schema["allOf"])) {
    const { allOf: parts, ...rest } = schema;
    const merged = (Array.isArray(parts) ? parts : []).reduce<unknown>(
      (sum, part: unknown) => mergeSchemas(sum, isObject(part) ? follow(context.root, part) : part),
      rest,
    );
    return make(context, merged, depth + 1, ordinal);
  }
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(alternatives)) {
    const { anyOf: _any, oneOf: _one, ...rest } = schema;
    return firstThatWorks(context, rest, alternatives, depth, ordinal);
  }
  return makeTyped(context, schema, depth, ordinal);
}

function firstThatWorks(
  context: Context,
  rest: JsonSchema,
  alternatives: unknown[],
  depth: number,
  ordinal: number,
): unknown {
  for (const alternative of alternatives) {
    const value = make(context, mergeSchemas(rest, alternative), depth + 1, ordinal);
    if (value !== undefined) return value;
  }
  return undefined;
}

function makeTyped(context: Context, schema: JsonSchema, depth: number, ordinal: number): unknown {
  switch (typeOf(schema)) {
    case "object":
      return makeObject(context, schema, depth);
    case "array":
      return makeArray(context, schema, depth);
    case "string":
      return stringForSchema(schema, context.seed, ordinal);
    case "integer":
      return numberForSchema(schema, true, ordinal);
    case "number":
      return numberForSchema(schema, false, ordinal);
    case "boolean":
      return ordinal % 2 === 0;
    default:
      return null;
  }
}

/** The declared type (the first that is not null), or the type that the keywords imply. */
function typeOf(schema: JsonSchema): string {
  const declared = schema["type"];
  if (typeof declared === "string") return declared;
  if (Array.isArray(declared)) return String(declared.find((type) => type !== "null") ?? "null");
  if ("properties" in schema || "required" in schema || "minProperties" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema || "minItems" in schema) return "array";
  if ("minLength" in schema || "maxLength" in schema || "pattern" in schema || "format" in schema) return "string";
  if ("minimum" in schema || "maximum" in schema || "multipleOf" in schema) return "number";
  return "null";
}

function makeObject(context: Context, schema: JsonSchema, depth: number): unknown {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : undefined;
  const names = required ?? (depth < SHOW_ALL_DEPTH ? Object.keys(properties) : []);
  const minimum = typeof schema["minProperties"] === "number" ? schema["minProperties"] : 0;
  const others = isObject(schema["additionalProperties"]) ? schema["additionalProperties"] : true;
  const entries = new Map<string, unknown>();
  for (const name of [...names, ...Object.keys(properties)]) {
    if (!names.includes(name) && entries.size >= minimum) break;
    const value = make(context, Object.hasOwn(properties, name) ? properties[name] : others, depth + 1, 0);
    if (value !== undefined) entries.set(name, value);
    else if (required?.includes(name) === true) return undefined;
  }
  for (let extra = 1; entries.size < minimum; extra++) {
    entries.set(`extra_${extra}`, make(context, others, depth + 1, extra) ?? null);
  }
  return Object.fromEntries(entries);
}

function makeArray(context: Context, schema: JsonSchema, depth: number): unknown {
  const first: unknown[] = Array.isArray(schema["prefixItems"]) ? schema["prefixItems"] : [];
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : Infinity;
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  const items: unknown[] = [];
  for (let index = 0; index < Math.min(most, Math.max(least, first.length)); index++) {
    const value = make(context, first[index] ?? schema["items"] ?? true, depth + 1, index);
    if (value === undefined) return index < least ? undefined : items;
    items.push(value);
  }
  return items;
}

function follow(root: JsonSchema, schema: JsonSchema): unknown {
  const { $ref: ref, ...siblings } = schema;
  return typeof ref === "string" ? mergeSchemas(resolve(root, ref), siblings) : schema;
}

/** Resolves a JSON pointer (RFC 6901) from the root, as in `#/$defs/Item`. */
function resolve(root: JsonSchema, ref: string): unknown {
  let target: unknown = root;
  for (const part of ref.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    target = isObject(target) && Object.hasOwn(target, name) ? target[name] : undefined;
  }
  return target;
}

function mergeSchemas(left: unknown, right: unknown): unknown {
  if (!isObject(left)) return left === true || left === undefined ? right : left;
  if (!isObject(right)) return right === true ? left : right;
  const merged: JsonSchema = { ...left, ...right };
  if (isObject(left["properties"]) && isObject(right["properties"])) {
    merged["properties"] = { ...left["properties"], ...right["properties"] };
  }
  if (Array.isArray(left["required"]) && Array.isArray(right["required"])) {
    merged["required"] = [...new Set<unknown>([...left["required"], ...right["required"]])];
  }
  return merged;
}
