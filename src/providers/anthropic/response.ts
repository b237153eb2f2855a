import type { Completion, FinishReason, Usage } from "../../domain/completions/completion.ts";
import { malformed } from "../errors.ts";
import { isRecord, textOr, tokenCount } from "../wire.ts";

const FINISH_REASONS = new Map<string, FinishReason>([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["refusal", "content_filter"],
]);

/** Anthropic's `stop_reason` in our vocabulary. */
export function toFinishReason(reason: unknown): FinishReason {
  return typeof reason === "string" ? (FINISH_REASONS.get(reason) ?? "other") : "other";
}

/**
 * Anthropic's `usage`, or null where it is missing or cannot be. Their `input_tokens` leaves out what was read from and
 * written to the cache; our `prompt_tokens` is the sum of all three.
 */
export function toUsage(usage: unknown): Usage | null {
  if (!isRecord(usage)) return null;
  const input = tokenCount(usage["input_tokens"]);
  const output = tokenCount(usage["output_tokens"]);
  if (input === undefined || output === undefined) return null;
  const written = tokenCount(usage["cache_creation_input_tokens"]);
  const cached = tokenCount(usage["cache_read_input_tokens"]);
  const prompt = input + (written ?? 0) + (cached ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: output,
    total_tokens: prompt + output,
    ...(cached !== undefined && { cached_tokens: cached }),
    ...(written !== undefined && { cache_write_tokens: written }),
  };
}

/** The words that go with a refusal (`stop_details.explanation`), or "". */
export function refusalText(stopDetails: unknown): string {
  return isRecord(stopDetails) ? textOr(stopDetails["explanation"], "") : "";
}

/**
 * The whole answer of POST /v1/messages: its text blocks, joined; a refusal without text gets the refusal's explanation.
 * Throws AppError `provider_error` where the body does not follow the format. `model` is the one asked for.
 */
export function toCompletion(body: unknown, model: string): Completion {
  if (!isRecord(body) || !Array.isArray(body["content"])) throw malformed("anthropic", "a body that is no message");
  if (typeof body["stop_reason"] !== "string") throw malformed("anthropic", "a message without a stop reason");
  const blocks: unknown[] = body["content"];
  const text = blocks
    .map((block) => (isRecord(block) && block["type"] === "text" ? textOr(block["text"], "") : ""))
    .join("");
  return {
    text: text === "" ? refusalText(body["stop_details"]) : text,
    finish_reason: toFinishReason(body["stop_reason"]),
    usage: toUsage(body["usage"]),
    model: textOr(body["model"], model),
  };
}
