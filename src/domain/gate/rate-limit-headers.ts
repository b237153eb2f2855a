import type { AllowanceFacts } from "./rate-limit-facts.ts";

/** What a caller has left of one thing. `window_ms` is the time that `limit` is counted over, where that is known. */
export interface Allowance extends AllowanceFacts {
  window_ms?: number;
}

/** The limits that a reply tells of: what is absent is not limited, or not known. A provider's facts are such limits too. */
export interface RateLimits {
  requests?: Allowance;
  tokens?: Allowance;
}

/** The wait that a refusal names where nothing better is known, in milliseconds. */
export const DEFAULT_RETRY_AFTER_MS = 1000;

const KINDS = ["requests", "tokens"] as const;

/**
 * The headers that tell a client what it has left: OpenAI's `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, with its durations (`1.5s`, `6m0s`), which its SDK's users read;
 * and `RateLimit-Policy` and `RateLimit` as structured fields in whole seconds (draft-ietf-httpapi-ratelimit-headers-10; `tokens` is a quota unit that its registry does not have).
 * Empty where nothing is known.
 */
export function rateLimitHeaders(limits: RateLimits): Record<string, string> {
  const headers: Record<string, string> = {};
  const policies: string[] = [];
  const states: string[] = [];
  for (const kind of KINDS) {
    const allowance = limits[kind];
    if (!allowance) continue;
    const { limit, remaining, reset_ms, window_ms } = whole(allowance);
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

/** When one who was refused may come again, in milliseconds: once what is used up is there again, else {@link DEFAULT_RETRY_AFTER_MS}. */
export function retryAfterOf(limits: RateLimits): number {
  const waits = KINDS.map((kind) => limits[kind]).flatMap((allowance) =>
    allowance && allowance.remaining < 1 ? [allowance.reset_ms] : [],
  );
  return waits.length === 0 ? DEFAULT_RETRY_AFTER_MS : Math.max(...waits);
}

/** What is left is rounded down and a wait up, so that neither promises what is not there. */
function whole({ limit, remaining, reset_ms, window_ms }: Allowance): Allowance {
  const most = Math.max(0, Math.floor(limit));
  return {
    limit: most,
    remaining: Math.min(most, Math.max(0, Math.floor(remaining))),
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
