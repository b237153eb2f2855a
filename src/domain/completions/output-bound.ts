import { byteLength } from "../../lib/encoding.ts";
import type { CompletionParameters } from "./completion.ts";
import { openAIOptions } from "./openai-endpoint.ts";

/** Output tokens of a call whose output must be bounded, and whose prompt sets no bound. */
const CAPPED_MAX_TOKENS = 4096;

/**
 * The bound on the output of a call that must have one: the given one, or else a cap. Tokens to
 * think with are part of the output, and come on top of the cap.
 */
export function boundedMaxTokens({ max_tokens, thinking }: CompletionParameters): number {
  return max_tokens ?? CAPPED_MAX_TOKENS + thinkingBudget(thinking);
}

function thinkingBudget(thinking: CompletionParameters["thinking"]): number {
  const budget = typeof thinking === "object" ? thinking["budget_tokens"] : thinking;
  return typeof budget === "number" && Number.isSafeInteger(budget) && budget > 0 ? budget : 0;
}

/**
 * The most tokens that are billed as output where each answer has at most `bound`: a client of a
 * door may ask for several answers, and what it predicts is billed, too, where it is rejected.
 */
export function maxCompletionTokens(parameters: CompletionParameters, bound: number): number {
  const { n, best_of, prediction } = openAIOptions(parameters);
  const answers = Math.max(1, ...[n, best_of].map(Number).filter(Number.isSafeInteger));
  const predicted = prediction === undefined || prediction === null ? 0 : byteLength(JSON.stringify(prediction));
  return answers * (bound + predicted);
}
