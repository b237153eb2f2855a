import type { Completion, FinishReason, ProviderName, Usage } from "../../domain/completions/completion.ts";
import type { ReasoningBlock } from "../../domain/completions/message.ts";
import type { ToolCall } from "../../domain/completions/tools.ts";
import type { UnusableAnswer } from "../../domain/completions/unusable-answer.ts";
import { malformed } from "../errors.ts";
import { isRecord, part, recordOr, textOr, tokenCount } from "../wire.ts";

const FINISH_REASONS = new Map<string, FinishReason>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
]);

/** Converts Anthropic's `stop_reason`. */
export function toFinishReason(reason: unknown): FinishReason {
  return typeof reason === "string" ? (FINISH_REASONS.get(reason) ?? "other") : "other";
}

/**
 * Converts Anthropic's `usage`; null if it is missing or faulty. Its `input_tokens` exclude the
 * tokens that the cache read and wrote; our `prompt_tokens` are the sum of all three.
 */
export function toUsage(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null;
  const input = tokenCount(usage["input_tokens"]);
  const output = tokenCount(usage["output_tokens"]);
  if (input === undefined || output === undefined) return null;
  const byAge = recordOr(usage["cache_creation"]);
  const longer = tokenCount(byAge["ephemeral_1h_input_tokens"]) ?? 0;
  const stated = tokenCount(usage["cache_creation_input_tokens"]);
  const written = stated ?? longer + (tokenCount(byAge["ephemeral_5m_input_tokens"]) ?? 0);
  const cached = tokenCount(usage["cache_read_input_tokens"]);
  const prompt = input + written + (cached ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    ...(cached !== undefined && { cached_tokens: cached }),
    ...((stated !== undefined || written > 0) && { cache_write_tokens: written }),
    ...part("cache_write_1h_tokens", longer, written),
    ...part("reasoning_tokens", recordOr(usage["output_tokens_details"])["thinking_tokens"], output),
    ...part("web_searches", recordOr(usage["server_tool_use"])["web_search_requests"], Infinity),
    ...tierOf(usage),
  };
}

/** The fast mode has a field of its own; `standard` is the tier without a name. */
function tierOf({ service_tier, speed, inference_geo }: Record<string, unknown>): Partial<Usage> {
  const tier = speed === "fast" ? speed : service_tier;
  return {
    ...(typeof tier === "string" && tier !== "standard" && { service_tier: tier }),
    ...(typeof inference_geo === "string" && { inference_geo }),
  };
}

/** The explanation of a refusal (`stop_details.explanation`), or "". */
export function refusalText(stopDetails: unknown): string {
  return isRecord(stopDetails) ? textOr(stopDetails["explanation"], "") : "";
}

/** What a message counts, also where it is of no use. */
export function statedInMessage(body: unknown, model: string): UnusableAnswer["stated"] | undefined {
  const { usage: told, model: answering } = recordOr(body);
  const usage = toUsage(told);
  return usage ? { usage, model: textOr(answering, model) } : undefined;
}

/**
 * Converts a whole answer of POST /v1/messages. Joins its text blocks and those of its thinking;
 * a refusal without text becomes its explanation. `model` is the requested model.
 * Throws AppError `provider_error` if the body does not follow the format.
 */
export function toCompletion(body: unknown, model: string, provider: ProviderName = "anthropic"): Completion {
  if (!isRecord(body)) throw malformed(provider, "a body that is no message");
  const stated = statedInMessage(body, model);
  const broken = (what: string) => malformed(provider, what, stated);
  if (!Array.isArray(body["content"])) throw broken("a body that is no message");
  if (typeof body["stop_reason"] !== "string") throw broken("a message without a stop reason");
  const blocks: unknown[] = body["content"];
  const textsOf = (type: string, field: string) =>
    blocks.map((block) => (isRecord(block) && block["type"] === type ? textOr(block[field], "") : "")).join("");
  const text = textsOf("text", "text");
  const tool_calls = blocks.flatMap(toToolCall);
  const reasoning = textsOf("thinking", "thinking");
  const reasoning_blocks = blocks.flatMap(toReasoningBlock);
  return {
    text: text === "" ? refusalText(body["stop_details"]) : text,
    ...(tool_calls.length > 0 && { tool_calls }),
    ...(reasoning !== "" && { reasoning }),
    ...(reasoning_blocks.length > 0 && { reasoning_blocks }),
    finish_reason: toFinishReason(body["stop_reason"]),
    usage: stated?.usage ?? null,
    model: textOr(body["model"], model),
  };
}

/** Thinking that the API takes back, which has a signature or is redacted; none otherwise. */
export function toReasoningBlock(block: unknown): ReasoningBlock[] {
  const { type, thinking, signature, data } = recordOr(block);
  if (type === "redacted_thinking" && typeof data === "string") return [{ type, data }];
  if (type !== "thinking" || typeof signature !== "string" || signature === "") return [];
  return [{ type, thinking: textOr(thinking, ""), signature }];
}

function toToolCall(block: unknown): ToolCall[] {
  if (!isRecord(block) || block["type"] !== "tool_use") return [];
  return [
    { id: textOr(block["id"], ""), name: textOr(block["name"], ""), arguments: JSON.stringify(block["input"] ?? {}) },
  ];
}
