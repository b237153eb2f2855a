import type { ResponseCreateParamsBase } from "openai/resources/responses/responses";

import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import { isObject, isWhole } from "./json.ts";
import { FUTURE, readInput } from "./responses-input.ts";
import { CallRefused, type ModelCall } from "./wire.ts";

/** The fewest output tokens that can be asked for. */
const MIN_OUTPUT_TOKENS = 16;
const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const LEVELS = ["low", "medium", "high"];
const TIERS = ["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"];
const TOOLS =
  "function file_search computer computer_use_preview web_search web_search_2025_08_26 mcp code_interpreter image_generation local_shell shell custom namespace tool_search web_search_preview apply_patch".split(
    " ",
  );
/** Models that take `temperature` and `top_p` only without any effort. */
const REASONING_MODELS = /^(?:o\d|gpt-5(?:$|-)|gpt-5\.[5-9]|gpt-[6-9])/;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isList: Check = (value) => Array.isArray(value);
const isNumber =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === "number" && value >= least && value <= most;
const isOneOf =
  (values: readonly string[]): Check =>
  (value) =>
    values.some((known) => known === value);
/** An object with these fields and no other. */
const hasOnly =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isObject(value) && Object.entries(value).every(([name, field]) => fields[name]?.(field) ?? false);

/** Every field of a request, with the values that it takes beside null. */
const FIELDS: Record<keyof ResponseCreateParamsBase, Check> = {
  access_programs: isObject,
  background: isFlag,
  context_management: isList,
  conversation: (value) => isText(value) || isObject(value),
  image: isObject,
  include: (value) => Array.isArray(value) && value.every(isText),
  input: (value) => isText(value) || isList(value),
  instructions: isText,
  max_output_tokens: (value) => isWhole(value, MIN_OUTPUT_TOKENS),
  max_tool_calls: (value) => isWhole(value, 1),
  metadata: (value) => isObject(value) && Object.values(value).every(isText),
  model: isText,
  moderation: isObject,
  parallel_tool_calls: isFlag,
  previous_response_id: (value) => typeof value === "string" && value.startsWith("resp"),
  prompt: isObject,
  prompt_cache_key: isText,
  prompt_cache_options: isObject,
  prompt_cache_retention: isOneOf(["in_memory", "24h"]),
  reasoning: hasOnly({
    context: isText,
    effort: isOneOf(EFFORTS),
    mode: isText,
    summary: isOneOf(["auto", "concise", "detailed"]),
  }),
  safety_identifier: isText,
  service_tier: isOneOf(TIERS),
  store: isFlag,
  stream: isFlag,
  stream_options: hasOnly({ include_obfuscation: isFlag }),
  temperature: isNumber(0, 2),
  text: hasOnly({ format: isObject, verbosity: isOneOf(LEVELS) }),
  tool_choice: (value) => isOneOf(["none", "auto", "required"])(value) || isObject(value),
  tools: isList,
  top_logprobs: isNumber(0, 20),
  top_p: isNumber(0, 1),
  truncation: isOneOf(["auto", "disabled"]),
  user: isText,
};

/** Fields that a response repeats. */
const ECHOED = [
  "background",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "parallel_tool_calls",
  "previous_response_id",
  "prompt_cache_key",
  "reasoning",
  "safety_identifier",
  "store",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "user",
];

/** Reads the body of POST /v1/responses, as strictly as OpenAI. Throws CallRefused. */
export function readResponsesBody(body: Record<string, unknown>): ModelCall {
  for (const [name, value] of Object.entries(body)) checkField(name, value);
  const { model, input, instructions, previous_response_id: previous, conversation, stream, text } = body;
  if (typeof model !== "string" || model === "")
    refuse("Missing required parameter: 'model'.", "model", "missing_required_parameter");
  if (stream !== true && isObject(body["stream_options"])) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  checkSampling(model, body);
  checkTools(body);
  const isContinued = previous !== undefined || conversation !== undefined;
  const messages = readInput(input, isContinued);
  const reasoning = isObject(body["reasoning"]) ? body["reasoning"] : {};
  return {
    model,
    messages: typeof instructions === "string" ? [{ role: "system", content: instructions }, ...messages] : messages,
    stream: stream === true,
    maxTokens: isWhole(body["max_output_tokens"], 1) ? body["max_output_tokens"] : undefined,
    stop: [],
    schema: readSchema(text),
    jsonObject: isObject(text) && isObject(text["format"]) && text["format"]["type"] === "json_object",
    includeUsage: true,
    hidesReasoning: reasoning["summary"] === undefined,
    echo: echoOf(body),
  };
}

function echoOf(body: Record<string, unknown>): Record<string, unknown> {
  const given = ECHOED.filter((name) => (body[name] ?? null) !== null);
  const echo = Object.fromEntries(given.map((name) => [name, body[name]]));
  const { tools } = echo;
  const isFunction = (tool: unknown) => isObject(tool) && tool["type"] === "function";
  const defaults = { strict: true, description: null, parameters: null };
  return Array.isArray(tools)
    ? { ...echo, tools: tools.map((tool: object) => (isFunction(tool) ? { ...defaults, ...tool } : tool)) }
    : echo;
}

function checkField(name: string, value: unknown): void {
  if (name.startsWith(FUTURE)) return;
  if (!isField(name)) refuse(`Unknown parameter: '${name}'.`, name, "unknown_parameter");
  if (value !== null && !FIELDS[name](value)) refuse(`Invalid value for '${name}'.`, name, "invalid_value");
}

function isField(name: string): name is keyof ResponseCreateParamsBase {
  return Object.hasOwn(FIELDS, name);
}

function checkSampling(model: string, { temperature, top_p: topP, reasoning }: Record<string, unknown>): void {
  if (!REASONING_MODELS.test(model) || (isObject(reasoning) && reasoning["effort"] === "none")) return;
  const param = temperature !== undefined ? "temperature" : topP !== undefined ? "top_p" : undefined;
  if (param === undefined) return;
  refuse(`Unsupported parameter: '${param}' is not supported with this model.`, param, "unsupported_parameter");
}

function checkTools({ tools, tool_choice: choice }: Record<string, unknown>): void {
  const given: unknown[] = Array.isArray(tools) ? tools : [];
  const names = given.map((tool, index) => {
    const param = `tools[${index}]`;
    const type = isObject(tool) ? tool["type"] : undefined;
    if (!isObject(tool) || typeof type !== "string" || !TOOLS.includes(type)) {
      return refuse(`Invalid value for '${param}.type'.`, `${param}.type`, "invalid_value");
    }
    return type === "function" ? nameOf(tool, param) : type;
  });
  if (!isObject(choice)) return;
  const wanted = choice["type"] === "function" ? choice["name"] : choice["type"];
  if (names.includes(String(wanted))) return;
  refuse(`Tool choice '${String(wanted)}' not found in 'tools' parameter.`, "tool_choice", "invalid_value");
}

function nameOf(tool: Record<string, unknown>, param: string): string {
  const { name, parameters, strict, description, ...others } = tool;
  if (typeof name !== "string")
    refuse(`Missing required parameter: '${param}.name'.`, `${param}.name`, "missing_required_parameter");
  const unknown = Object.keys(others).find(
    (field) => !["type", "allowed_callers", "async", "defer_loading", "output_schema"].includes(field),
  );
  if (unknown !== undefined)
    refuse(`Unknown parameter: '${param}.${unknown}'.`, `${param}.${unknown}`, "unknown_parameter");
  const isFine =
    isObject(parameters ?? {}) && typeof (strict ?? true) === "boolean" && typeof (description ?? "") === "string";
  if (!isFine) refuse(`Invalid schema for function '${name}'.`, `${param}.parameters`, "invalid_function_parameters");
  return name;
}

function readSchema(text: unknown): JsonSchema | undefined {
  const format = isObject(text) ? text["format"] : undefined;
  if (!isObject(format)) return undefined;
  if (!["text", "json_object", "json_schema"].includes(String(format["type"]))) {
    refuse("Invalid value for 'text.format.type'.", "text.format.type", "invalid_value");
  }
  if (format["type"] !== "json_schema") return undefined;
  for (const field of ["name", "schema"]) {
    const param = `text.format.${field}`;
    if (format[field] === undefined)
      refuse(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
  }
  return isObject(format["schema"]) ? format["schema"] : {};
}

function refuse(message: string, param?: string, code?: string): never {
  throw new CallRefused({ status: 400, message, param, code });
}
