import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { CompletionRequest } from "../../domain/completions/completion.ts";
import { boundedMaxTokens } from "../../domain/completions/output-bound.ts";
import { ignoredParameters } from "../../domain/completions/ignored-parameters.ts";
import type { Tool, ToolChoice } from "../../domain/completions/tools.ts";
import { invalid } from "../../domain/errors.ts";
import type { JsonSchema } from "../../domain/json-schema/schema.ts";
import { toAnthropicMessages, toSystem } from "./messages.ts";

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
  body: MessageCreateParamsNonStreaming & { temperature?: number; top_p?: number; top_k?: number };
  headers: Record<string, string>;
}

/**
 * The request for POST /v1/messages. Joins system messages into `system`; the API combines
 * consecutive messages of one role. Cuts `temperature` to 1, Anthropic's maximum. Omits parameters
 * that the model refuses; `ignoredParameters` warns the author about them. The prompt's own
 * `provider_options` win over everything but the form of the answer, and their `anthropic_beta`
 * becomes the header. Throws AppError `validation_error` if there is no user message, and for
 * content that this API does not take.
 */
export function toAnthropicRequest(request: CompletionRequest): AnthropicRequest {
  const { model, messages, output_schema, user, parameters } = request;
  if (!messages.some(({ role }) => role === "user")) {
    throw invalid([{ path: "messages", message: "Anthropic needs at least one user message" }]);
  }
  const { stop } = parameters;
  const format = output_schema && toFormat(output_schema);
  const system = toSystem(messages, output_schema && !format ? [schemaInWords(output_schema)] : []);
  const sampling = toSampling(request);
  const { anthropic_beta, ...own } = parameters.provider_options?.anthropic ?? {};
  const config = { ...(format && { format }), ...toEffort(request) };
  const body: AnthropicRequest["body"] = {
    model,
    max_tokens: boundedMaxTokens(parameters),
    ...(system.length > 0 && { system }),
    messages: toAnthropicMessages(messages),
    ...sampling,
    ...(stop !== undefined && stop.length > 0 && { stop_sequences: stop }),
    ...toThinking(request),
    ...toToolFields(request),
    ...toServiceTier(request),
    ...(Object.keys(config).length > 0 && { output_config: config }),
    ...(user !== undefined && { metadata: { user_id: user } }),
    ...own,
  };
  return { body, headers: headersFor(Object.keys(sampling).length > 0, anthropic_beta) };
}

function headersFor(hasSampling: boolean, beta: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  if (hasSampling) headers["anthropic-version"] = SAMPLING_VERSION;
  const betas = [beta].flat().filter((name) => typeof name === "string");
  if (betas.length > 0) headers["anthropic-beta"] = betas.join(",");
  return headers;
}

type Body = AnthropicRequest["body"];

function toSampling(request: CompletionRequest): Pick<Body, "temperature" | "top_p" | "top_k"> {
  const { temperature, top_p, top_k } = request.parameters;
  const ignored = ignoredIn(request);
  return {
    ...(temperature !== undefined && !ignored.includes("temperature") && { temperature: Math.min(temperature, 1) }),
    ...(top_p !== undefined && !ignored.includes("top_p") && { top_p }),
    ...(top_k !== undefined && !ignored.includes("top_k") && { top_k }),
  };
}

/** A number is a budget of tokens. Who asks for no reasoning gets no thinking. */
function toThinking({ parameters: { thinking, reasoning_effort } }: CompletionRequest): Pick<Body, "thinking"> {
  if (typeof thinking === "number") return { thinking: { type: "enabled", budget_tokens: thinking } };
  if (thinking !== undefined) return { thinking: thinking as unknown as Body["thinking"] };
  return reasoning_effort === "none" ? { thinking: { type: "disabled" } } : {};
}

/** Anthropic's efforts begin with `low`. */
function ignoredIn({ provider, model, parameters }: CompletionRequest) {
  return ignoredParameters("anthropic", model, parameters, provider);
}

function toEffort(request: CompletionRequest): NonNullable<Body["output_config"]> {
  const { reasoning_effort } = request.parameters;
  if (reasoning_effort === undefined || reasoning_effort === "none") return {};
  if (ignoredIn(request).includes("reasoning_effort")) return {};
  return { effort: reasoning_effort === "minimal" ? "low" : reasoning_effort };
}

function toServiceTier(request: CompletionRequest): Pick<Body, "service_tier"> {
  const { service_tier } = request.parameters;
  if (service_tier === undefined || ignoredIn(request).includes("service_tier")) return {};
  return { service_tier: service_tier as Body["service_tier"] };
}

function toToolFields({
  tools,
  tool_choice,
  parallel_tool_calls,
}: CompletionRequest): Pick<Body, "tools" | "tool_choice"> {
  if (tools === undefined || tools.length === 0) return {};
  const single = parallel_tool_calls === false ? { disable_parallel_tool_use: true } : {};
  if (tool_choice === undefined && parallel_tool_calls !== false) return { tools: tools.map(toTool) };
  return { tools: tools.map(toTool), tool_choice: { ...toToolChoice(tool_choice ?? "auto"), ...single } };
}

function toTool({ name, description, parameters, strict, cache_control }: Tool): NonNullable<Body["tools"]>[number] {
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: { ...parameters, type: "object" },
    ...(strict !== undefined && { strict }),
    ...(cache_control && { cache_control }),
  };
}

function toToolChoice(choice: ToolChoice): NonNullable<Body["tool_choice"]> {
  if (typeof choice !== "string") return { type: "tool", name: choice.name };
  return choice === "required" ? { type: "any" } : { type: choice };
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
