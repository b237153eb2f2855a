import { countedTokens } from "../../domain/completions/counted-tokens.ts";
import { isAboutAccount, type ProviderFact } from "../../domain/provider-facts.ts";
import type { Attempt } from "../../domain/completions/attempt.ts";
import type { EndOutcome } from "../gate/admission.ts";

/**
 * What an attempt says of its key's health, for the gate; null where it says nothing. A model that
 * refuses the request, or answers off the schema, shows that the key works. A response that began
 * too late, and a call whose time was up, may be due to a model that thinks.
 */
export function gateOutcomeOf(attempt: Attempt): EndOutcome | null {
  const { outcome, error, limits, started_at, first_token_at, ended_at } = attempt;
  if (outcome === "cancelled" || outcome === "late" || outcome === "streaming") return null;
  if (!error) {
    const latency_ms = (ended_at ?? started_at) - started_at;
    return { kind: "passed", latency_ms, ttft_ms: first_token_at === null ? latency_ms : first_token_at - started_at };
  }
  const retry_after_ms = error.retryAfterMs;
  const { fact } = error;
  if (isAboutAccount(fact)) return { kind: "refused", status: fact };
  if (error.code === "rate_limit_error") {
    const { requests, tokens } = limits;
    return {
      kind: "limited",
      retry_after_ms,
      ...(fact === "model_limit" && { of_model: true as const }),
      ...(requests ? { rpm: requests.limit } : {}),
      ...(tokens ? { tpm: tokens.limit } : {}),
    };
  }
  if (error.code === "provider_overloaded") return { kind: "overloaded", retry_after_ms };
  return error.retryable ? { kind: "failed" } : null;
}

/** What the key or the model was not fit for at all: it takes nothing from the key's limit. */
const TURNED_AWAY = new Set<ProviderFact | undefined>(["model_access", "over_minute", "other_account"]);

/** The tokens of a call before it was made: of its prompt, by our estimate, and of its permit. */
export interface ExpectedTokens {
  promptTokens: number;
  reservedTokens: number;
}

/**
 * The tokens that an attempt took from its key's limit, for the gate. Where the provider did not
 * count them to the end, it may have counted more than we saw, so the reservation stands. A call
 * that the provider refused took nothing, or its prompt where key and model were fit for it.
 */
export function tokensTakenBy(attempt: Attempt, { promptTokens, reservedTokens }: ExpectedTokens): number {
  const { candidate, usage, usage_estimated, outcome, error } = attempt;
  if (usage) {
    const counted = countedTokens(candidate.provider, usage);
    return usage_estimated ? Math.max(reservedTokens, counted) : counted;
  }
  const kind = gateOutcomeOf(attempt)?.kind;
  const isTurnedAway = TURNED_AWAY.has(error?.fact);
  if (kind === "limited" || kind === "refused" || isTurnedAway) return 0;
  const isRefused = kind === "overloaded" || (outcome === "failed" && error?.retryable === false);
  return isRefused ? promptTokens : reservedTokens;
}
