import type { JsonSchema } from "../../domain/json-schema/schema.ts";
import { isRecord } from "../wire.ts";

/**
 * The keywords of OpenAI's strict subset. A strict schema with any other keyword makes the request
 * fail.
 * Source: developers.openai.com/api/docs/guides/structured-outputs#supported-schemas.
 */
const STRICT_KEYWORDS = new Set(
  (
    "type properties required additionalProperties items anyOf enum const $ref $defs definitions title description " +
    "pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems"
  ).split(" "),
);

/** The formats of texts that OpenAI enforces. */
const STRICT_FORMATS: ReadonlySet<unknown> = new Set(
  "date-time time date duration email hostname ipv4 ipv6 uuid".split(" "),
);

/**
 * Whether OpenAI can enforce the schema strictly: only known keywords and formats, a type for each
 * value, items for each list, nothing beside a `$ref`, and objects whose properties are all
 * required.
 */
export function isStrictSchema(schema: JsonSchema): boolean {
  return schema["type"] === "object" && schema["anyOf"] === undefined && isStrictNode(schema);
}

function isStrictNode(node: unknown): boolean {
  if (!isRecord(node) || !Object.keys(node).every((keyword) => STRICT_KEYWORDS.has(keyword))) return false;
  const { type, properties, items, anyOf, $ref, $defs, definitions, format } = node;
  if ($ref !== undefined) return Object.keys(node).length === 1;
  if (type === undefined && anyOf === undefined && node["enum"] === undefined && node["const"] === undefined)
    return false;
  if (format !== undefined && !STRICT_FORMATS.has(format)) return false;
  const isList = type === "array" || (Array.isArray(type) && type.includes("array"));
  if (isList && items === undefined) return false;
  const isObject = type === "object" || (Array.isArray(type) && type.includes("object")) || properties !== undefined;
  if (isObject && !isClosedObject(node)) return false;
  const children: unknown[] = [...(items === undefined ? [] : [items]), ...(Array.isArray(anyOf) ? anyOf : [])];
  for (const map of [properties, $defs, definitions]) if (isRecord(map)) children.push(...Object.values(map));
  return children.every(isStrictNode);
}

function isClosedObject({ properties, required, additionalProperties }: JsonSchema): boolean {
  if (additionalProperties !== false || !isRecord(properties) || !Array.isArray(required)) return false;
  const names = new Set(Object.keys(properties));
  return names.size === new Set(required).size && required.every((name) => typeof name === "string" && names.has(name));
}
