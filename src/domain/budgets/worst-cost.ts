import type { Attempt } from "../completions/attempt.ts";
import type { Candidate } from "../completions/candidate.ts";
import type { CompletionInput, CompletionParameters } from "../completions/completion.ts";
import { asksForLongerWrites } from "../completions/longer-writes.ts";
import { boundedMaxTokens, maxCompletionTokens } from "../completions/output-bound.ts";
import { worstPriceOf } from "../completions/prices.ts";
import { maxPromptTokens } from "../completions/prompt-bound.ts";
import { hasProviderTools } from "../completions/provider-tools.ts";

/**
 * The input with a bound on its output: where nothing else bounds it, the provider is sent a cap.
 */
export function withBoundedOutput(input: CompletionInput): CompletionInput {
  const { parameters, relay } = input;
  return {
    ...input,
    parameters: { ...parameters, max_tokens: boundedMaxTokens(parameters) },
    ...(relay && { relay: { ...relay, needs_bound: true } }),
  };
}

/**
 * The most that one call can cost, in nano-dollars: its prompt at a token a byte, and its output up
 * to `max_tokens`, at the tenant's own price or the list price; `isBatch` for the providers' batch
 * APIs. Null for a model without a known price, and where the provider may use tools of its own
 * as often as it likes.
 */
export function worstCostOf(candidate: Candidate, input: CompletionInput, { isBatch = false } = {}): number | null {
  if (hasProviderTools(candidate, input.parameters)) return null;
  const { provider, model, price: own } = candidate;
  const prompt_tokens = maxPromptTokens(input);
  const completion_tokens = maxCompletionTokens(input.parameters, boundedMaxTokens(input.parameters));
  const tokens = { prompt_tokens, completion_tokens };
  const asked = isBatch ? undefined : askedOf(input.parameters);
  const longerWrites = asksForLongerWrites(candidate, input);
  return worstPriceOf(provider, model, tokens, { own, isBatch, asked, longerWrites })?.cost_nanousd ?? null;
}

/** The tier and the place that a request asks for, which multiply what its tokens cost. */
function askedOf({ service_tier, provider_options }: CompletionParameters) {
  const { speed, inference_geo } = provider_options?.anthropic ?? {};
  const tier = typeof speed === "string" ? speed : service_tier;
  if (tier === undefined && inference_geo === undefined) return undefined;
  return {
    ...(tier !== undefined && { service_tier: tier }),
    ...(typeof inference_geo === "string" && { inference_geo }),
  };
}

/**
 * What a call counts against its budgets, in nano-dollars: nothing where the provider turned it
 * away, its cost where the provider told the usage or the answer is whole, and otherwise all that
 * was reserved. The provider may bill what never arrived of an answer that broke off or was given
 * up.
 */
export function settledCost(
  { outcome, usage, usage_estimated, cost, error }: Attempt,
  { reserved, isAborted }: { reserved: number; isAborted: boolean },
): number {
  if (usage === null && error?.unbilled === true) return 0;
  const isWhole = (outcome === "answered" || outcome === "rejected") && !isAborted;
  return cost && (isWhole || !usage_estimated) ? cost.cost_nanousd : reserved;
}
