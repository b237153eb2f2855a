import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import type { PlainMessage } from "./plain-message.ts";
import { isObject, isWhole } from "./json.ts";
import type { Allowance } from "./limits.ts";
import { openaiError } from "./openai-error.ts";
import type { UsageParts } from "./usage-parts.ts";
import { bearerKey, CallRefused, textOf, textsOf } from "./wire.ts";
import type { ModelCall, StreamScript, Wire, WireReply, WireUsage } from "./wire.ts";

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];
const MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-5", "gpt-5-mini"];

/** OpenAI's chat completions API (https://platform.openai.com/docs/api-reference/chat). */
export const openaiWire: Wire = {
  provider: "openai",
  keyOf: bearerKey,
  missingKey: {
    status: 401,
    code: "",
    message:
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
  },
  badJson: {
    status: 400,
    message:
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
  },
  read,
  whole,
  script,
  error: openaiError,
  errorEvent: (failure) => sse(openaiError(failure)),
  hiddenStatus: 500,
  headers: (requestId, quota) => ({
    "x-request-id": requestId,
    "openai-organization": "org-mock",
    "openai-version": "2020-10-01",
    "openai-processing-ms": "1",
    ...(quota === undefined ? {} : limitHeaders("requests", quota.requests)),
    ...(quota === undefined ? {} : limitHeaders("tokens", quota.tokens)),
  }),
  models: () => ({
    object: "list",
    data: MODELS.map(modelOf),
  }),
  model: modelOf,
};

function modelOf(id: string): object {
  return { id, object: "model", created: 1_700_000_000, owned_by: "openai" };
}

function read(body: unknown): ModelCall {
  if (!isObject(body)) throw new CallRefused(openaiWire.badJson);
  const { model, messages, stream, stream_options: streamOptions, response_format: format } = body;
  if (typeof model !== "string" || model === "") refuse("you must provide a model parameter");
  if (messages === undefined)
    refuse("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
  if (stream !== true && isObject(streamOptions)) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  }
  checkModel(model, body);
  return {
    model,
    messages: readMessages(messages),
    stream: stream === true,
    maxTokens: readMaxTokens(body),
    stop: textsOf(body["stop"]),
    schema: readSchema(format),
    jsonObject: isObject(format) && format["type"] === "json_object",
    includeUsage: stream !== true || (isObject(streamOptions) && streamOptions["include_usage"] === true),
  };
}

/**
 * Models that the API does not serve at all, and those that it serves no tools beside an effort.
 */
const ON_RESPONSES_ONLY = /-pro(?:-\d{4}-\d{2}-\d{2})?$|-codex|-deep-research/;
const NO_TOOLS_WITH_EFFORT = /^gpt-(?:5\.[4-9]|[6-9])/;
/** Models that reason where no effort is named. */
const REASONS_BY_DEFAULT = /^gpt-(?:5\.[5-9]|[6-9])/;

function checkModel(model: string, { tools, reasoning_effort: effort }: Record<string, unknown>): void {
  if (ON_RESPONSES_ONLY.test(model)) {
    const message = "This model is only supported in v1/responses and not in v1/chat/completions.";
    throw new CallRefused({ status: 404, message, param: "model", code: "" });
  }
  const reasons = effort === undefined ? REASONS_BY_DEFAULT.test(model) : effort !== "none";
  if (!Array.isArray(tools) || tools.length === 0 || !reasons || !NO_TOOLS_WITH_EFFORT.test(model)) return;
  refuse(
    `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.`,
    "reasoning_effort",
  );
}

function readMessages(messages: unknown): PlainMessage[] {
  if (!Array.isArray(messages))
    refuse("Invalid type for 'messages': expected an array of objects.", "messages", "invalid_type");
  if (messages.length === 0)
    refuse("Invalid 'messages': empty array. Expected an array with minimum length 1.", "messages", "empty_array");
  return messages.map((message: unknown, index) => {
    const role = isObject(message) ? message["role"] : undefined;
    if (!isObject(message) || typeof role !== "string" || !ROLES.includes(role)) {
      refuse(`Invalid value for 'messages[${index}].role'.`, `messages[${index}].role`, "invalid_value");
    }
    const known = role === "assistant" || role === "user" ? role : "system";
    return { role: known, content: textOf(message["content"]) };
  });
}

function readMaxTokens(body: Record<string, unknown>): number | undefined {
  for (const name of ["max_completion_tokens", "max_tokens"]) {
    const value = body[name] ?? undefined;
    if (value === undefined) continue;
    if (!isWhole(value, 1))
      refuse(`Invalid '${name}': expected an integer of at least 1.`, name, "integer_below_min_value");
    return value;
  }
  return undefined;
}

function readSchema(format: unknown): JsonSchema | undefined {
  if (!isObject(format) || format["type"] !== "json_schema") return undefined;
  const wanted = format["json_schema"];
  if (!isObject(wanted) || typeof wanted["name"] !== "string") {
    const param = "response_format.json_schema.name";
    refuse(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
  }
  return isObject(wanted["schema"]) ? wanted["schema"] : {};
}

function refuse(message: string, param?: string, code?: string): never {
  throw new CallRefused({ status: 400, message, param, code });
}

function finishReason(reply: WireReply): string {
  if (reply.toolCalls.length > 0) return "tool_calls";
  return reply.end === "length" ? "length" : "stop";
}

function whole(reply: WireReply, text: string): object {
  return {
    id: `chatcmpl-${reply.id}`,
    object: "chat.completion",
    created: reply.created,
    model: reply.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: reply.refused ? null : contentOf(reply, text),
          refusal: reply.refused ? text : null,
          annotations: [],
          ...callsOf(reply),
        },
        logprobs: null,
        finish_reason: finishReason(reply),
      },
    ],
    ...(reply.usage === null ? {} : { usage: usageOf(reply.usage, reply.parts) }),
    service_tier: reply.parts.service_tier ?? "default",
    system_fingerprint: "fp_mock",
  };
}

function contentOf({ toolCalls }: WireReply, text: string): string | null {
  return toolCalls.length > 0 && text === "" ? null : text;
}

function callsOf({ id, toolCalls }: WireReply): object {
  if (toolCalls.length === 0) return {};
  const calls = toolCalls.map(({ name, arguments: given }, index) => ({
    id: `call_${id}_${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify(given) },
  }));
  return { tool_calls: calls };
}

/** A call begins with its name, and its arguments come in pieces. */
function callDeltas({ id, toolCalls }: WireReply): object[] {
  return toolCalls.flatMap(({ name, arguments: given }, index) => {
    const text = JSON.stringify(given);
    const middle = Math.ceil(text.length / 2);
    return [
      { index, id: `call_${id}_${index}`, type: "function", function: { name, arguments: "" } },
      { index, function: { arguments: text.slice(0, middle) } },
      { index, function: { arguments: text.slice(middle) } },
    ];
  });
}

function script(reply: WireReply): StreamScript {
  const head = {
    id: `chatcmpl-${reply.id}`,
    object: "chat.completion.chunk",
    created: reply.created,
    model: reply.model,
    service_tier: reply.parts.service_tier ?? "default",
    system_fingerprint: "fp_mock",
  };
  const withUsage = reply.includeUsage && reply.usage !== null;
  const chunk = (delta: object, finish: string | null): string =>
    sse({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(withUsage ? { usage: null } : {}),
    });
  const [before = "", after = ""] = chunk({ [reply.refused ? "refusal" : "content"]: "\u0001" }, null).split(
    '"\\u0001"',
  );
  const usage =
    withUsage && reply.usage !== null ? sse({ ...head, choices: [], usage: usageOf(reply.usage, reply.parts) }) : "";
  const calls = callDeltas(reply)
    .map((delta) => chunk({ tool_calls: [delta] }, null))
    .join("");
  return {
    opening: chunk({ role: "assistant", content: "", refusal: null }, null),
    delta: (piece) => `${before}${JSON.stringify(piece)}${after}`,
    closing: `${calls}${chunk({}, finishReason(reply))}${usage}`,
    done: "data: [DONE]\n\n",
    garbage: `data: {"id":"chatcmpl-${reply.id}","choices":[{"delta":{"content":"\n\n`,
  };
}

function usageOf(usage: WireUsage, parts: UsageParts): object {
  const { cached = 0, cache_write, cache_write_longer, audio_input = 0, image_input, reasoning = 0 } = parts;
  const byAge = { ttl_12h_tokens: cache_write_longer };
  return {
    ...usage,
    prompt_tokens_details: {
      cached_tokens: cached,
      audio_tokens: audio_input,
      cache_write_tokens: cache_write,
      ...(cache_write_longer === undefined ? {} : { cache_write_tokens_details: byAge }),
      image_tokens: image_input,
    },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: parts.audio_output ?? 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function sse(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function limitHeaders(what: string, allowance: Allowance): Record<string, string> {
  return {
    [`x-ratelimit-limit-${what}`]: `${allowance.limit}`,
    [`x-ratelimit-remaining-${what}`]: `${allowance.remaining}`,
    [`x-ratelimit-reset-${what}`]: formatReset(allowance.resetMs),
  };
}

/** A duration in OpenAI's format: `120ms`, `1.5s`, `6m0s`. */
export function formatReset(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round(ms - minutes * 60_000) / 1_000;
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`;
}
