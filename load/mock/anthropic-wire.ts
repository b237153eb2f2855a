import type { IncomingHttpHeaders } from "node:http";

import type { JsonSchema } from "../../src/domain/json-schema/schema.ts";
import type { PlainMessage } from "./plain-message.ts";
import { isObject, isWhole } from "./json.ts";
import type { Allowance, Quota } from "./limits.ts";
import { bearerKey, CallRefused, textOf, textsOf } from "./wire.ts";
import type { ModelCall, StreamScript, Wire, WireFailure, WireReply } from "./wire.ts";

const MODELS = ["claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5"];

/** Error types and messages by status; https://docs.claude.com/en/api/errors. */
const ERRORS: Record<number, readonly [type: string, message: string]> = {
  400: ["invalid_request_error", "Invalid request."],
  401: ["authentication_error", "invalid x-api-key"],
  402: ["billing_error", "Your credit balance is too low to access the Anthropic API."],
  403: ["permission_error", "Your API key does not have permission to use the specified resource."],
  404: ["not_found_error", "The requested resource could not be found."],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your organization's rate limit. Please try again later."],
  504: ["timeout_error", "The request timed out."],
  529: ["overloaded_error", "Overloaded"],
};

/** Anthropic's messages API (https://docs.claude.com/en/api/messages). */
export const anthropicWire: Wire = {
  provider: "anthropic",
  // Both headers are accepted and x-api-key wins. The TypeScript SDK sends a bearer token since
  // 1.0.0.
  keyOf: (headers) => headerText(headers, "x-api-key") || bearerKey(headers),
  missingKey: { status: 401, message: "x-api-key header is required" },
  badJson: { status: 400, message: "The request body is not valid JSON" },
  read,
  whole,
  script,
  error,
  errorEvent: (failure, requestId) => sse("error", error(failure, requestId)),
  hiddenStatus: 529,
  headers: limitHeaders,
  models: () => ({
    data: MODELS.map(modelOf),
    first_id: MODELS[0] ?? null,
    has_more: false,
    last_id: MODELS.at(-1) ?? null,
  }),
  model: modelOf,
};

function modelOf(id: string): object {
  return { type: "model", id, display_name: id, created_at: "2025-01-01T00:00:00Z" };
}

function headerText(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value.trim() : "";
}

/**
 * The last version with sampling parameters
 * (https://platform.claude.com/docs/en/api/versioning).
 */
const SAMPLING_VERSION = "2023-06-01";
const SAMPLING = ["temperature", "top_p", "top_k"];

function read(body: unknown, headers: IncomingHttpHeaders): ModelCall {
  const version = headerText(headers, "anthropic-version");
  if (version === "") refuse("anthropic-version: header is required");
  if (!isObject(body)) refuse("The request body must be a JSON object");
  const removed = SAMPLING.find((name) => version > SAMPLING_VERSION && body[name] !== undefined);
  if (removed !== undefined) refuse(`${removed}: Extra inputs are not permitted`);
  const { model, max_tokens: maxTokens, messages, system, stream } = body;
  if (typeof model !== "string" || model === "") refuse("model: Field required");
  if (maxTokens === undefined) refuse("max_tokens: Field required");
  if (!isWhole(maxTokens, 1)) refuse("max_tokens: Input should be greater than or equal to 1");
  if (!Array.isArray(messages)) refuse("messages: Field required");
  if (messages.length === 0) refuse("messages: at least one message is required");
  const instructions: PlainMessage[] = system === undefined ? [] : [{ role: "system", content: textOf(system) }];
  return {
    model,
    messages: [...instructions, ...messages.map(readMessage)],
    stream: stream === true,
    maxTokens,
    stop: textsOf(body["stop_sequences"]),
    schema: readSchema(body["output_config"]),
    jsonObject: false,
    includeUsage: true,
  };
}

function readMessage(message: unknown, index: number): PlainMessage {
  const role = isObject(message) ? message["role"] : undefined;
  if (!isObject(message) || (role !== "user" && role !== "assistant" && role !== "system")) {
    refuse(`messages.${index}.role: Input should be 'user' or 'assistant'`);
  }
  return { role, content: textOf(message["content"]) };
}

function readSchema(config: unknown): JsonSchema | undefined {
  const format = isObject(config) ? config["format"] : undefined;
  if (!isObject(format)) return undefined;
  if (format["type"] !== "json_schema" || !isObject(format["schema"])) {
    refuse("output_config.format.schema: Field required");
  }
  return format["schema"];
}

function refuse(message: string): never {
  throw new CallRefused({ status: 400, message });
}

function stopReason(reply: WireReply): string {
  if (reply.toolCalls.length > 0) return "tool_use";
  if (reply.refused) return "refusal";
  if (reply.end === "length") return "max_tokens";
  return reply.end === "stop" ? "end_turn" : "stop_sequence";
}

function messageOf(reply: WireReply, content: object[], outputTokens: number, ended: boolean): object {
  const { cache_write = 0, cache_write_longer: longer = 0, ...parts } = reply.parts;
  const usage = {
    ...countsOf(reply, outputTokens),
    cache_creation: { ephemeral_5m_input_tokens: cache_write - longer, ephemeral_1h_input_tokens: longer },
    service_tier: parts.service_tier ?? "standard",
    inference_geo: parts.inference_geo ?? null,
    speed: parts.speed ?? null,
  };
  return {
    id: `msg_${reply.id}`,
    type: "message",
    role: "assistant",
    model: reply.model,
    content,
    container: null,
    diagnostics: null,
    stop_reason: ended ? stopReason(reply) : null,
    stop_sequence: ended ? reply.stopSequence : null,
    stop_details: null,
    ...(reply.usage === null ? {} : { usage }),
  };
}

/**
 * The counts of a message and of its last delta. The input excludes what the cache read and wrote.
 */
function countsOf({ usage, parts }: WireReply, outputTokens: number | undefined): object {
  const { cached = 0, cache_write = 0, reasoning, web_searches } = parts;
  return {
    input_tokens: usage === null ? undefined : usage.prompt_tokens - cached - cache_write,
    cache_creation_input_tokens: cache_write,
    cache_read_input_tokens: cached,
    output_tokens: outputTokens,
    output_tokens_details: reasoning === undefined ? null : { thinking_tokens: reasoning },
    server_tool_use: web_searches === undefined ? null : { web_search_requests: web_searches, web_fetch_requests: 0 },
  };
}

function whole(reply: WireReply, text: string): object {
  const thought = reply.reasoning === "" ? [] : [{ type: "thinking", thinking: reply.reasoning, signature: "mock" }];
  const said = reply.toolCalls.length > 0 && text === "" ? [] : [{ type: "text", text, citations: null }];
  const content = [...thought, ...said, ...toolUses(reply)];
  return messageOf(reply, content, reply.usage?.completion_tokens ?? 0, true);
}

/** Who calls a tool: the model itself, and no program of it. */
const DIRECT = { type: "direct" };

function toolUses({ id, toolCalls }: WireReply): object[] {
  return toolCalls.map(({ name, arguments: input }, index) => ({
    type: "tool_use",
    id: `toolu_${id}_${index}`,
    name,
    input,
    caller: DIRECT,
  }));
}

/** The events of blocks beside the text: their pieces, from `first` on. */
function blockEvents(block: object, index: number, deltas: readonly object[]): string {
  const events = [
    sse("content_block_start", { type: "content_block_start", index, content_block: block }),
    ...deltas.map((delta) => sse("content_block_delta", { type: "content_block_delta", index, delta })),
    sse("content_block_stop", { type: "content_block_stop", index }),
  ];
  return events.join("");
}

function thinkingEvents({ reasoning }: WireReply): string {
  if (reasoning === "") return "";
  const block = { type: "thinking", thinking: "", signature: "" };
  const deltas = [
    { type: "thinking_delta", thinking: reasoning },
    { type: "signature_delta", signature: "mock" },
  ];
  return blockEvents(block, 0, deltas);
}

function toolUseEvents(reply: WireReply, first: number): string {
  const events = reply.toolCalls.map(({ name, arguments: input }, index) => {
    const text = JSON.stringify(input);
    const middle = Math.ceil(text.length / 2);
    const block = { type: "tool_use", id: `toolu_${reply.id}_${index}`, name, input: {}, caller: DIRECT };
    const pieces = [text.slice(0, middle), text.slice(middle)];
    const deltas = pieces.map((partial_json) => ({ type: "input_json_delta", partial_json }));
    return blockEvents(block, first + index, deltas);
  });
  return events.join("");
}

function script(reply: WireReply): StreamScript {
  const delta = {
    container: null,
    stop_details: null,
    stop_reason: stopReason(reply),
    stop_sequence: reply.stopSequence,
  };
  const usage = countsOf(reply, reply.usage?.completion_tokens);
  const block = { type: "text", text: "", citations: null };
  const at = reply.reasoning === "" ? 0 : 1;
  const start = sse("content_block_start", { type: "content_block_start", index: at, content_block: block });
  const ended = sse("content_block_stop", { type: "content_block_stop", index: at });
  const last = { type: "message_delta", delta, ...(reply.usage === null ? {} : { usage }) };
  return {
    opening: `${sse("message_start", { type: "message_start", message: messageOf(reply, [], 1, false) })}${thinkingEvents(reply)}${start}${sse("ping", { type: "ping" })}`,
    delta: (piece) =>
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":${at},"delta":{"type":"text_delta","text":${JSON.stringify(piece)}}}\n\n`,
    closing: `${ended}${toolUseEvents(reply, at + 1)}${sse("message_delta", last)}`,
    done: sse("message_stop", { type: "message_stop" }),
    garbage: 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":\n\n',
  };
}

function error(failure: WireFailure, requestId: string): object {
  const [type, message] = ERRORS[failure.status] ?? ["api_error", "Internal server error"];
  return {
    type: "error",
    error: { type: failure.code ?? type, message: failure.message ?? message },
    request_id: requestId,
  };
}

function sse(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function limitHeaders(requestId: string, quota: Quota | undefined, now: number): Record<string, string> {
  const id = { "request-id": requestId, "anthropic-organization-id": "org-mock" };
  if (quota === undefined) return id;
  return {
    ...id,
    ...allowanceHeaders("requests", quota.requests, now),
    ...allowanceHeaders("tokens", quota.tokens, now),
    ...allowanceHeaders("input-tokens", quota.tokens, now),
    ...allowanceHeaders("output-tokens", quota.tokens, now),
  };
}

function allowanceHeaders(what: string, allowance: Allowance, now: number): Record<string, string> {
  return {
    [`anthropic-ratelimit-${what}-limit`]: `${allowance.limit}`,
    [`anthropic-ratelimit-${what}-remaining`]: `${allowance.remaining}`,
    [`anthropic-ratelimit-${what}-reset`]: `${new Date(now + allowance.resetMs).toISOString().slice(0, 19)}Z`,
  };
}
