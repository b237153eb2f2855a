import type { AllowanceFacts } from "./rate-limit-facts.ts";

/**
 * What a caller has left of one limit. `window_ms` is the period of `limit`, where that is known.
 */
export interface Allowance extends AllowanceFacts {
  window_ms?: number;
}

/** The limits that a reply states. A limit that does not exist or is not known is absent. */
export interface RateLimits {
  requests?: Allowance;
  tokens?: Allowance;
}

/** The wait that a refusal states where nothing better is known, in milliseconds. */
export const DEFAULT_RETRY_AFTER_MS = 1000;

const KINDS = ["requests", "tokens"] as const;

/**
 * The headers that state what a client has left, in two dialects:
 * - OpenAI's `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` with its durations (`1.5s`,
 *   `6m0s`), which users of its SDK read;
 * - `RateLimit-Policy` and `RateLimit` as structured fields in whole seconds
 *   (draft-ietf-httpapi-ratelimit-headers-10; its registry has no quota unit `tokens`).
 *
 * Empty where no limit is known.
 */
export function rateLimitHeaders(limits: RateLimits): Record<string, string> {
  const headers: Record<string, string> = {};
  const policies: string[] = [];
  const states: string[] = [];
  for (const kind of KINDS) {
    const allowance = limits[kind];
    if (!allowance) continue;
    const { limit, remaining, reset_ms, window_ms } = roundSafely(allowance);
    headers[`x-ratelimit-limit-${kind}`] = String(limit);
    headers[`x-ratelimit-remaining-${kind}`] = String(remaining);
    headers[`x-ratelimit-reset-${kind}`] = duration(reset_ms);
    const window = window_ms === undefined ? "" : `;w=${seconds(window_ms)}`;
    policies.push(`"${kind}";q=${limit}${window};qu="${kind}"`);
    states.push(`"${kind}";r=${remaining};t=${seconds(reset_ms)}`);
  }
  if (policies.length === 0) return headers;
  return { ...headers, "ratelimit-policy": policies.join(", "), ratelimit: states.join(", ") };
}

/**
 * The wait after which a refused caller may retry, in milliseconds: until every exhausted limit is
 * full again, {@link DEFAULT_RETRY_AFTER_MS} where none is exhausted.
 */
export function retryAfterOf(limits: RateLimits): number {
  const waits = KINDS.map((kind) => limits[kind]).flatMap((allowance) =>
    allowance && allowance.remaining < 1 ? [allowance.reset_ms] : [],
  );
  return waits.length === 0 ? DEFAULT_RETRY_AFTER_MS : Math.max(...waits);
}

/** Rounds what is left down and waits up, so that neither promises too much. */
function roundSafely({ limit, remaining, reset_ms, window_ms }: Allowance): Allowance {
  const max = Math.max(0, Math.floor(limit));
  return {
    limit: max,
    remaining: Math.min(max, Math.max(0, Math.floor(remaining))),
    reset_ms: Math.max(0, Math.ceil(reset_ms)),
    window_ms,
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

function duration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const rest = `${(ms - minutes * 60_000) / 1000}s`;
  return minutes === 0 ? rest : `${minutes}m${rest}`;
}
