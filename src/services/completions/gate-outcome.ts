import type { Attempt } from "../../domain/completions/attempt.ts";
import type { EndOutcome } from "../gate/admit.ts";

/**
 * What an attempt says of its key's health, for the gate; null where it says nothing. A model that
 * refuses the request, or answers off the schema, shows that the key works.
 */
export function gateOutcomeOf(attempt: Attempt): EndOutcome | null {
  const { outcome, error, limits, started_at, first_token_at, ended_at } = attempt;
  if (outcome === "cancelled" || outcome === "streaming") return null;
  if (!error) {
    const latency_ms = (ended_at ?? started_at) - started_at;
    return { kind: "passed", latency_ms, ttft_ms: first_token_at === null ? latency_ms : first_token_at - started_at };
  }
  const retry_after_ms = error.retryAfterMs;
  if (error.keyFault) return { kind: "refused", status: error.keyFault };
  if (error.code === "rate_limit_error") {
    const { requests, tokens } = limits;
    return {
      kind: "limited",
      retry_after_ms,
      ...(requests ? { rpm: requests.limit } : {}),
      ...(tokens ? { tpm: tokens.limit } : {}),
    };
  }
  if (error.code === "provider_overloaded") return { kind: "overloaded", retry_after_ms };
  return error.retryable ? { kind: "failed" } : null;
}
