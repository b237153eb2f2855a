import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { CompletionRequest, Message } from "../../domain/completions/completion.ts";
import { invalid } from "../../domain/errors.ts";
import { ignoredParameters } from "../../domain/completions/models.ts";
import type { JsonSchema } from "../../domain/json-schema/schema.ts";

/**
 * `max_tokens` for a prompt without one, because Anthropic requires it. It includes thinking
 * tokens.
 */
export const DEFAULT_MAX_TOKENS = 4096;

/**
 * The API version in which models before Opus 4.7 accept sampling parameters. The SDK's version
 * (2026-10-21) refuses them.
 */
const SAMPLING_VERSION = "2023-06-01";

/**
 * The body of POST /v1/messages with the sampling parameters that the SDK's types lack, and the
 * headers that it needs.
 */
export interface AnthropicRequest {
  body: MessageCreateParamsNonStreaming & { temperature?: number; top_p?: number };
  headers: Record<string, string>;
}

/**
 * The request for POST /v1/messages. Joins system messages into `system`; the API combines
 * consecutive messages of one role. Cuts `temperature` to 1, Anthropic's maximum. Omits sampling
 * parameters that the model refuses; `ignoredParameters` warns the author about them.
 * Throws AppError `validation_error` if there is no user message.
 */
export function toAnthropicRequest(request: CompletionRequest): AnthropicRequest {
  const { model, messages, parameters, output_schema, user } = request;
  if (!messages.some(({ role }) => role === "user")) {
    throw invalid([{ path: "messages", message: "Anthropic needs at least one user message" }]);
  }
  const { max_tokens, stop } = parameters;
  const format = output_schema && toFormat(output_schema);
  const inWords = output_schema && !format ? [schemaInWords(output_schema)] : [];
  const system = [...contentsOf(messages, "system"), ...inWords].join("\n\n");
  const sampling = toSampling(request);
  const body: AnthropicRequest["body"] = {
    model,
    max_tokens: max_tokens ?? DEFAULT_MAX_TOKENS,
    ...(system !== "" && { system }),
    messages: messages.flatMap(({ role, content }) => (role === "system" ? [] : [{ role, content }])),
    ...sampling,
    ...(stop !== undefined && stop.length > 0 && { stop_sequences: stop }),
    ...(format && { output_config: { format } }),
    ...(user !== undefined && { metadata: { user_id: user } }),
  };
  return { body, headers: Object.keys(sampling).length > 0 ? { "anthropic-version": SAMPLING_VERSION } : {} };
}

function contentsOf(messages: Message[], wanted: Message["role"]): string[] {
  return messages.filter(({ role, content }) => role === wanted && content !== "").map(({ content }) => content);
}

function toSampling({ model, parameters }: CompletionRequest): { temperature?: number; top_p?: number } {
  const { temperature, top_p } = parameters;
  const ignored = ignoredParameters("anthropic", model, parameters);
  return {
    ...(temperature !== undefined && !ignored.includes("temperature") && { temperature: Math.min(temperature, 1) }),
    ...(top_p !== undefined && !ignored.includes("top_p") && { top_p }),
  };
}

/**
 * The schema in Anthropic's subset, by the SDK's conversion: it closes objects and moves
 * unsupported constraints to descriptions. Undefined if the conversion fails (a property without a
 * type), would leave a dangling reference (`definitions`), or would close a map, which then allows
 * the empty object only.
 */
function toFormat(schema: JsonSchema): { type: "json_schema"; schema: JsonSchema } | undefined {
  if (JSON.stringify(schema).includes('"#/definitions/') || hasMap(schema)) return undefined;
  try {
    return { type: "json_schema", schema: jsonSchemaOutputFormat({ ...schema, type: "object" }).schema };
  } catch {
    return undefined;
  }
}

/** Whether any object of a schema has names that the schema does not list. */
function hasMap(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  const { additionalProperties: others, patternProperties }: JsonSchema = { ...node };
  const isMap = patternProperties !== undefined || others === true || (typeof others === "object" && others !== null);
  return isMap || Object.values(node).some(hasMap);
}

function schemaInWords(schema: JsonSchema): string {
  return `Answer with JSON only, valid against this JSON Schema:\n${JSON.stringify(schema)}`;
}
