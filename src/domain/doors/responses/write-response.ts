import type { FinishReason, Usage } from "../../completions/completion.ts";
import { STANDARD_TIER } from "../../completions/service-tiers.ts";
import type { ErrorCode } from "../../errors.ts";
import { isRecord } from "../../json-schema/values.ts";
import type { DoorAnswer } from "../door.ts";
import { isGiven } from "../findings.ts";
import { responseIdOf } from "./item-ids.ts";
import { type OutputItem, OutputItems } from "./output-items.ts";
import { tellsSummary } from "./read-settings.ts";
import { SaidSoFar } from "./unsaid.ts";

type Asked = Record<string, unknown>;

/** What differs between the responses that a stream tells of and the whole one. */
export interface ResponseState {
  status: "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";
  output: readonly OutputItem[];
  incomplete_details?: { reason: string } | null;
  error?: { code: string; message: string };
  usage?: Usage | null;
}

/** The body of a whole answer: a `response` object. */
export function writeResponse(answer: DoorAnswer, asked: Asked): object {
  const output = new OutputItems(outputOptions(answer, asked));
  for (const part of new SaidSoFar().rest(answer)) exhaust(output.add(part));
  exhaust(output.end(itemStatusOf(answer)));
  return toResponse(answer, asked, { ...endOf(answer), output: output.items });
}

/** What the output of a response depends on. */
export function outputOptions({ id }: Pick<DoorAnswer, "id">, asked: Asked) {
  return { execution_id: id, tells_summary: tellsSummary(asked) };
}

function exhaust(events: Iterator<unknown>): void {
  while (!events.next().done);
}

/** How an answer ended, with what it used. */
export function endOf({ finish_reason, usage }: DoorAnswer): Omit<ResponseState, "output"> {
  const reason = INCOMPLETE.get(finish_reason);
  return reason === undefined
    ? { status: "completed", usage }
    : { status: "incomplete", incomplete_details: { reason }, usage };
}

/** The errors that a response itself has a code for: `ResponseError` of the openai SDK 7.57.0. */
const ERROR_CODES: Partial<Record<ErrorCode, string>> = {
  rate_limit_error: "rate_limit_exceeded",
  bad_request: "invalid_prompt",
  validation_error: "invalid_prompt",
};

/** The `error` of a failed response. */
export function responseError(code: ErrorCode, message: string): NonNullable<ResponseState["error"]> {
  return { code: ERROR_CODES[code] ?? "server_error", message };
}

/** How the last item of an answer ended. */
export function itemStatusOf({ finish_reason }: DoorAnswer): "completed" | "incomplete" {
  return INCOMPLETE.has(finish_reason) ? "incomplete" : "completed";
}

/** OpenAI has no word for another reason. */
const INCOMPLETE: ReadonlyMap<FinishReason | null, string> = new Map<FinishReason | null, string>([
  ["length", "max_output_tokens"],
  ["content_filter", "content_filter"],
  ["other", "other"],
]);

/**
 * A `response` object: what was asked with the API's defaults, and how the answer stands. It has
 * every field that `Response` of the openai SDK 7.57.0 and `ResponseResource` of the Open Responses
 * specification need.
 */
export function toResponse(
  { id, created_at, model }: Pick<DoorAnswer, "id" | "created_at" | "model">,
  asked: Asked,
  { status, output, incomplete_details = null, error, usage = null }: ResponseState,
): object {
  return {
    id: responseIdOf(id),
    object: "response",
    created_at: Math.floor(created_at / 1000),
    status,
    background: asked["background"] === true,
    completed_at: null,
    error: error ?? null,
    incomplete_details,
    model,
    output,
    usage: usage && toResponseUsage(usage),
    service_tier: tierOf(usage, asked),
    ...askedFields(asked),
  };
}

/** The tier that served the call, or the one that was asked for while it is not known. */
function tierOf(usage: Usage | null, { service_tier }: Asked): unknown {
  return usage ? (usage.service_tier ?? STANDARD_TIER) : (service_tier ?? "auto");
}

/** Numbers that are no numbers in the body have been refused by the door or by its provider. */
function askedFields(asked: Asked): object {
  const or = (name: string, fallback: unknown) => (isGiven(asked[name]) ? asked[name] : fallback);
  return {
    access_programs: null,
    frequency_penalty: or("frequency_penalty", 0),
    instructions: or("instructions", null),
    max_output_tokens: or("max_output_tokens", null),
    max_tool_calls: or("max_tool_calls", null),
    metadata: or("metadata", {}),
    parallel_tool_calls: or("parallel_tool_calls", true),
    presence_penalty: or("presence_penalty", 0),
    previous_response_id: or("previous_response_id", null),
    prompt_cache_key: or("prompt_cache_key", null),
    ...(isGiven(asked["prompt"]) && { prompt: asked["prompt"] }),
    reasoning: { effort: null, summary: null, ...membersOf(asked["reasoning"]) },
    safety_identifier: or("safety_identifier", null),
    store: or("store", true),
    temperature: or("temperature", 1),
    text: { format: { type: "text" }, verbosity: "medium", ...membersOf(asked["text"]) },
    tool_choice: or("tool_choice", "auto"),
    tools: Array.isArray(asked["tools"]) ? asked["tools"].map(toAskedTool) : [],
    top_logprobs: or("top_logprobs", 0),
    top_p: or("top_p", 1),
    truncation: or("truncation", "disabled"),
    user: or("user", null),
  };
}

/** The members that say something. */
function membersOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? Object.fromEntries(Object.entries(value).filter(([, member]) => isGiven(member))) : {};
}

/**
 * A tool as answers tell of it. A function has all of its fields; unasked, none was strict. That of
 * an MCP server has no secrets.
 */
export function toAskedTool(tool: unknown): unknown {
  if (!isRecord(tool)) return tool;
  if (tool["type"] === "mcp") return withoutSecrets(tool);
  const isFunction = tool["type"] === "function";
  return isFunction ? { description: null, parameters: null, ...tool, strict: tool["strict"] ?? false } : tool;
}

/**
 * An MCP server as OpenAI's answers tell of it: without the secrets in its headers and its URL,
 * because who reads an answer need not be who asked.
 */
function withoutSecrets({ authorization: _token, server_url, ...server }: Asked): Asked {
  if (typeof server_url !== "string") return { ...server, headers: null };
  const { origin = "", pathname = "", search = "" } = URL.parse(server_url) ?? {};
  const isBare = pathname + search === "/";
  return { ...server, server_url: isBare ? origin : `${origin}/<redacted>`, headers: null };
}

function toResponseUsage(usage: Usage): object {
  const { prompt_tokens, completion_tokens, total_tokens, cached_tokens = 0, cache_write_tokens = 0 } = usage;
  const { cache_write_1h_tokens: longer, reasoning_tokens = 0 } = usage;
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: {
      cached_tokens,
      cache_write_tokens,
      ...(longer !== undefined && {
        cache_write_tokens_details: { ttl_30m_tokens: cache_write_tokens - longer, ttl_12h_tokens: longer },
      }),
    },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens },
    total_tokens,
  };
}
