import type { Completion, FinishReason, ProviderName, Usage } from "../../domain/completions/completion.ts";
import type { ToolCall } from "../../domain/completions/tools.ts";
import type { UnusableAnswer } from "../../domain/completions/unusable-answer.ts";
import { malformed } from "../errors.ts";
import { STANDARD_TIER } from "../../domain/completions/service-tiers.ts";
import { argumentsText } from "./tool-call-arguments.ts";
import { isRecord, part, recordOr, textOr, tokenCount } from "../wire.ts";

const FINISH_REASONS = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content_filter"],
  ["tool_calls", "tool_calls"],
  ["function_call", "tool_calls"],
]);

/** That of a whole answer. Compatible servers that leave it empty have said all there is. */
function finishOf(reason: string, calls: readonly ToolCall[]): FinishReason {
  return finishWith(reason === "" ? "stop" : toFinishReason(reason), calls.length > 0);
}

/** A reason where there are calls of tools: compatible servers stop for them without saying so. */
export function finishWith(reason: FinishReason, hasCalls: boolean): FinishReason {
  return reason === "stop" && hasCalls ? "tool_calls" : reason;
}

/** Converts OpenAI's `finish_reason`. */
export function toFinishReason(reason: string): FinishReason {
  return FINISH_REASONS.get(reason) ?? "other";
}

/**
 * Converts OpenAI's `usage`; null if it is missing or faulty. The total is the sum of the two
 * counts. `tier` is the response's `service_tier`.
 */
export function toUsage(usage: unknown, tier: unknown): Usage | null {
  if (!isRecord(usage)) return null;
  const prompt = tokenCount(usage["prompt_tokens"]);
  const completion = tokenCount(usage["completion_tokens"]);
  if (prompt === undefined || completion === undefined) return null;
  const cached = tokenCount(recordOr(usage["prompt_tokens_details"])["cached_tokens"]);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached !== undefined && cached <= prompt && { cached_tokens: cached }),
    ...partsOfInput(recordOr(usage["prompt_tokens_details"]), prompt),
    ...partsOfOutput(recordOr(usage["completion_tokens_details"]), completion),
    ...(typeof tier === "string" && tier !== STANDARD_TIER && { service_tier: tier }),
  };
}

/**
 * The parts of the input that a usage tells of. Writes are kept for 30 minutes or, where the
 * request asks for it, for 12 hours.
 * Source: the pages of gpt-6.1-terra and gpt-6.2-sol in developers.openai.com/api/docs/models.
 */
export function partsOfInput(details: Record<string, unknown>, prompt: number): Partial<Usage> {
  const longer = recordOr(details["cache_write_tokens_details"])["ttl_12h_tokens"];
  return {
    ...part("cache_write_tokens", details["cache_write_tokens"], prompt),
    ...part("cache_write_1h_tokens", longer, prompt),
    ...part("audio_input_tokens", details["audio_tokens"], prompt),
    ...part("image_input_tokens", details["image_tokens"], prompt),
  };
}

/** The parts of the output that a usage tells of. */
export function partsOfOutput(details: Record<string, unknown>, completion: number): Partial<Usage> {
  return {
    ...part("reasoning_tokens", details["reasoning_tokens"], completion),
    ...part("audio_output_tokens", details["audio_tokens"], completion),
  };
}

/** The text of a message's content, which some compatible servers send as a list of parts. */
export function textOfContent(content: unknown): string {
  if (!Array.isArray(content)) return textOr(content, "");
  return content.map((each: unknown) => textOr(recordOr(each)["text"], "")).join("");
}

/** The calls of tools in a message; those of a deprecated `function_call` have no id. */
export function toToolCalls(message: Record<string, unknown>): ToolCall[] {
  const calls: unknown[] = Array.isArray(message["tool_calls"]) ? message["tool_calls"] : [];
  return calls.flatMap((call, index) => {
    const { id, function: called } = recordOr(call);
    const { name, arguments: text } = recordOr(called);
    return typeof name === "string" ? [{ id: textOr(id, `call_${index}`), name, arguments: argumentsText(text) }] : [];
  });
}

/**
 * The reasoning that compatible servers put beside the text, by the names that they give it. OpenAI
 * itself tells none here.
 */
export function reasoningOf({ reasoning_content, reasoning }: Record<string, unknown>): string {
  return textOr(reasoning_content, textOr(reasoning, ""));
}

/** What a completion counts, also where it is of no use. */
export function statedInCompletion(body: unknown, model: string): UnusableAnswer["stated"] | undefined {
  const { usage: told, service_tier, model: answering } = recordOr(body);
  const usage = toUsage(told, service_tier);
  return usage ? { usage, model: textOr(answering, model) } : undefined;
}

/**
 * Converts a whole answer of POST /chat/completions. A refusal becomes the finish reason
 * `content_filter` with the refusal as its text. `model` is the requested model.
 * Throws AppError `provider_error` if the body does not follow the format.
 */
export function toCompletion(body: unknown, model: string, provider: ProviderName = "openai"): Completion {
  if (!isRecord(body)) throw malformed(provider, "a body that is no completion");
  const stated = statedInCompletion(body, model);
  const broken = (what: string) => malformed(provider, what, stated);
  if (!Array.isArray(body["choices"])) throw broken("a body that is no completion");
  const choice: unknown = body["choices"][0];
  if (!isRecord(choice) || !isRecord(choice["message"])) throw broken("a completion without a message");
  if (typeof choice["finish_reason"] !== "string") throw broken("a completion without a finish reason");
  const { content, refusal } = choice["message"];
  const refused = typeof refusal === "string" && refusal !== "";
  const tool_calls = toToolCalls(choice["message"]);
  const reasoning = reasoningOf(choice["message"]);
  return {
    text: refused ? refusal : textOfContent(content),
    ...(tool_calls.length > 0 && { tool_calls }),
    ...(reasoning !== "" && { reasoning }),
    finish_reason: refused ? "content_filter" : finishOf(choice["finish_reason"], tool_calls),
    usage: stated?.usage ?? null,
    model: textOr(body["model"], model),
  };
}
