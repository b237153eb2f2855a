import type { Completion, FinishReason, Usage } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { isRecord, textOr, tokenCount } from "../wire.ts";

const FINISH_REASONS = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content_filter"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
]);

/** Converts OpenAI's `finish_reason`. */
export function toFinishReason(reason: string): FinishReason {
  return FINISH_REASONS.get(reason) ?? "other";
}

/**
 * Converts OpenAI's `usage`; null if it is missing or faulty. The total is the sum of the two
 * counts.
 */
export function toUsage(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null;
  const prompt = tokenCount(usage["prompt_tokens"]);
  const completion = tokenCount(usage["completion_tokens"]);
  if (prompt === undefined || completion === undefined) return null;
  const details = isRecord(usage["prompt_tokens_details"]) ? usage["prompt_tokens_details"] : {};
  const cached = tokenCount(details["cached_tokens"]);
  const written = tokenCount(details["cache_write_tokens"]);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached !== undefined && cached <= prompt && { cached_tokens: cached }),
    ...(written !== undefined && written > 0 && written <= prompt && { cache_write_tokens: written }),
  };
}

/**
 * Converts a whole answer of POST /chat/completions. A refusal becomes the finish reason
 * `content_filter` with the refusal as its text. `model` is the requested model.
 * Throws AppError `provider_error` if the body does not follow the format.
 */
export function toCompletion(body: unknown, model: string): Completion {
  if (!isRecord(body) || !Array.isArray(body["choices"])) throw malformed("openai", "a body that is no completion");
  const choice: unknown = body["choices"][0];
  if (!isRecord(choice) || !isRecord(choice["message"])) throw malformed("openai", "a completion without a message");
  if (typeof choice["finish_reason"] !== "string") throw malformed("openai", "a completion without a finish reason");
  const { content, refusal } = choice["message"];
  const refused = typeof refusal === "string" && refusal !== "";
  return {
    text: refused ? refusal : textOr(content, ""),
    finish_reason: refused ? "content_filter" : toFinishReason(choice["finish_reason"]),
    usage: toUsage(body["usage"]),
    model: textOr(body["model"], model),
  };
}
