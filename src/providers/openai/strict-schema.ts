import type { JsonSchema } from "../../domain/json-schema.ts";
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

/**
 * Whether OpenAI can enforce the schema strictly: only known keywords, and objects without
 * additional or optional properties.
 */
export function isStrictSchema(schema: JsonSchema): boolean {
  return schema["type"] === "object" && schema["anyOf"] === undefined && isStrictNode(schema);
}

function isStrictNode(node: unknown): boolean {
  if (!isRecord(node) || !Object.keys(node).every((keyword) => STRICT_KEYWORDS.has(keyword))) return false;
  const { type, properties, items, anyOf, $defs, definitions } = node;
  const isObject = type === "object" || (Array.isArray(type) && type.includes("object")) || properties !== undefined;
  if (isObject && !isClosedObject(node)) return false;
  const children: unknown[] = [...(items === undefined ? [] : [items]), ...(Array.isArray(anyOf) ? anyOf : [])];
  for (const map of [properties, $defs, definitions]) if (isRecord(map)) children.push(...Object.values(map));
  return children.every(isStrictNode);
}

function isClosedObject({ properties, required, additionalProperties }: JsonSchema): boolean {
  if (additionalProperties !== false || !isRecord(properties) || !Array.isArray(required)) return false;
  return Object.keys(properties).every((name) => required.includes(name));
}
