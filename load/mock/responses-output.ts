import type { Response as OpenAIResponse, ResponseOutputItem } from "openai/resources/responses/responses";

import type { UsageParts } from "./usage-parts.ts";
import type { WireReply, WireUsage } from "./wire.ts";

/** The fields of a response; the SDK adds `output_text`. */
type Body = Omit<OpenAIResponse, "output_text" | "access_programs">;

/** What a response says of the settings that a request leaves out. */
const SETTINGS = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  store: true,
  temperature: 1,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
} as const;

/** A response that has ended, complete or at its token limit. */
export function endedResponse(reply: WireReply, output: ResponseOutputItem[]): Body {
  const isShort = reply.end === "length";
  return {
    ...responseOf(reply, isShort ? "incomplete" : "completed"),
    completed_at: reply.created,
    output,
    incomplete_details: isShort ? { reason: "max_output_tokens" } : null,
    ...(reply.usage !== null && { usage: usageOf(reply.usage, reply.parts), tool_usage: toolUsageOf(reply.parts) }),
  };
}

/** A response without its output. */
export function responseOf(reply: WireReply, status: "in_progress" | "incomplete" | "completed"): Body {
  return {
    id: `resp_${reply.id}`,
    object: "response",
    created_at: reply.created,
    completed_at: null,
    status,
    error: null,
    incomplete_details: null,
    model: reply.model,
    output: [],
    ...SETTINGS,
    tools: [],
    service_tier: (reply.parts.service_tier ?? "default") as OpenAIResponse["service_tier"],
    ...reply.echo,
  };
}

/** The items of an output: reasoning, uses of tools, the message, calls of functions. */
export function outputOf(reply: WireReply, text: string): ResponseOutputItem[] {
  return [...itemsBefore(reply), ...(hasMessage(reply, text) ? [messageOf(reply, text)] : []), ...callsOf(reply)];
}

/** Whether the model says anything. One that asks for calls may say nothing. */
function hasMessage({ toolCalls }: WireReply, text: string): boolean {
  return text !== "" || toolCalls.length === 0;
}

/** The items that come before the message. */
export function itemsBefore({ id, reasoning, parts }: WireReply): ResponseOutputItem[] {
  const { web_searches = 0, file_searches = 0 } = parts;
  return [
    ...(reasoning === "" ? [] : [reasoningItem(id, reasoning)]),
    ...Array.from({ length: web_searches }, (_, index) => webSearch(`ws_${id}_${index}`)),
    ...Array.from({ length: file_searches }, (_, index) => fileSearch(`fs_${id}_${index}`)),
  ];
}

function reasoningItem(id: string, text: string): ResponseOutputItem {
  return { type: "reasoning", id: `rs_${id}`, summary: [{ type: "summary_text", text }] };
}

function webSearch(id: string): ResponseOutputItem {
  return { type: "web_search_call", id, status: "completed", action: { type: "search", query: "mock" } };
}

function fileSearch(id: string): ResponseOutputItem {
  return { type: "file_search_call", id, status: "completed", queries: ["mock"], results: null };
}

/** The message with its text, or the refusal. */
export function messageOf({ id, refused }: WireReply, text: string): ResponseOutputItem {
  const content = refused
    ? { type: "refusal" as const, refusal: text }
    : { type: "output_text" as const, text, annotations: [], logprobs: [] };
  return { type: "message", id: `msg_${id}`, role: "assistant", status: "completed", content: [content] };
}

/** The calls of functions, as items. */
export function callsOf({ id, toolCalls }: WireReply) {
  return toolCalls.map(({ name, arguments: given }, index) => ({
    type: "function_call" as const,
    id: `fc_${id}_${index}`,
    call_id: `call_${id}_${index}`,
    name,
    arguments: JSON.stringify(given),
    status: "completed" as const,
  }));
}

function usageOf({ prompt_tokens, completion_tokens, total_tokens }: WireUsage, parts: UsageParts) {
  const { cached = 0, cache_write = 0, cache_write_longer: longer = 0, reasoning = 0 } = parts;
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: {
      cached_tokens: cached,
      cache_write_tokens: cache_write,
      cache_write_tokens_details: { ttl_12h_tokens: longer, ttl_30m_tokens: cache_write - longer },
    },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens,
  };
}

function toolUsageOf({ web_searches = 0 }: UsageParts): NonNullable<OpenAIResponse["tool_usage"]> {
  const none = { image_tokens: 0, text_tokens: 0 };
  return {
    image_gen: { input_tokens: 0, input_tokens_details: none, output_tokens: 0, total_tokens: 0 },
    web_search: { num_requests: web_searches },
  };
}
