import type { CompletionParameters } from "./completion.ts";

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
