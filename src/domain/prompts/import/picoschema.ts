import type { JsonSchema } from "../../json-schema/schema.ts";
import type { Findings } from "./findings.ts";
import { isMapping } from "./findings.ts";

/** A field of a Picoschema: its JSON Schema, and whether it must be there. */
export interface PicoField {
  schema: JsonSchema;
  required: boolean;
}

/** `name?(array, what it is)`: the key of a field. */
const KEY = /^([^?(]{1,128})(\?)?(?:\((array|object|enum|\*)(?:,([^]*))?\))?$/;
const SCALARS = new Set(["string", "number", "integer", "boolean", "null"]);
const MAX_DEPTH = 32;

/**
 * The fields of a Picoschema, or of a JSON Schema with `properties`. Undefined where there is no
 * schema. Adds a fault at `path` for anything else, such as a schema that is registered by its
 * name.
 *
 * Source: google.github.io/dotprompt/reference/picoschema
 */
export function readPicoschema(
  schema: unknown,
  path: string,
  findings: Findings,
  depth = 0,
): Map<string, PicoField> | undefined {
  if (schema === undefined || schema === null) return undefined;
  if (!isMapping(schema) || depth > MAX_DEPTH) {
    findings.fault(path, "must be a mapping of fields; the name of a schema says nothing here");
    return undefined;
  }
  const { properties } = schema;
  if (isMapping(properties)) return jsonFields(schema, properties);
  const fields = new Map<string, PicoField>();
  for (const [written, value] of Object.entries(schema)) {
    const [, name, optional, kind, description] = KEY.exec(written.trim()) ?? [];
    if (name === undefined || kind === "*") {
      findings.fault(`${path}.${written}`, "has no counterpart here");
      continue;
    }
    const field = readField(value, kind, `${path}.${name}`, findings, depth);
    const described = description === undefined ? field : { ...field, description: description.trimStart() };
    fields.set(name.trim(), { schema: described, required: optional === undefined });
  }
  return fields;
}

/** The JSON Schema of an object with those fields. */
export function toJsonSchema(fields: ReadonlyMap<string, PicoField>): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries([...fields].map(([name, { schema }]) => [name, schema])),
    required: [...fields].filter(([, { required }]) => required).map(([name]) => name),
    additionalProperties: false,
  };
}

function jsonFields(schema: Record<string, unknown>, properties: Record<string, unknown>): Map<string, PicoField> {
  const required = Array.isArray(schema["required"]) ? (schema["required"] as unknown[]) : [];
  return new Map(
    Object.entries(properties).map(([name, field]) => [
      name,
      { schema: isMapping(field) ? field : {}, required: required.includes(name) },
    ]),
  );
}

function readField(
  value: unknown,
  kind: string | undefined,
  path: string,
  findings: Findings,
  depth: number,
): JsonSchema {
  if (kind === "array") return { type: "array", items: readField(value, undefined, path, findings, depth) };
  if (kind === "enum") return { type: "string", enum: Array.isArray(value) ? (value as unknown[]) : [value] };
  if (kind === "object" || isMapping(value)) {
    return toJsonSchema(readPicoschema(value, path, findings, depth + 1) ?? new Map());
  }
  const [type = "", ...description] = String(value).split(",");
  const note = description.join(",").trim();
  const described = note === "" ? {} : { description: note };
  if (type.trim() === "any") return described;
  if (SCALARS.has(type.trim())) return { type: type.trim(), ...described };
  findings.fault(path, `${JSON.stringify(type.trim())} is not a type of Picoschema`);
  return described;
}
