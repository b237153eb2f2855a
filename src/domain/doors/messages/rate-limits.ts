import type { RateLimits } from "../../rate-limit-headers.ts";

/**
 * The limits of a reply as Anthropic's clients read them, with times in RFC 3339. Source:
 * platform.claude.com/docs/en/api/rate-limits, "Response headers".
 */
export function anthropicRateLimits(limits: RateLimits, now: number): Record<string, string> {
  const stated = (["requests", "tokens"] as const).flatMap((kind) => {
    const allowance = limits[kind];
    if (!allowance) return [];
    const { limit, remaining, reset_ms } = allowance;
    const reset = new Date(now + Math.max(0, reset_ms)).toISOString();
    return [
      [`anthropic-ratelimit-${kind}-limit`, String(Math.max(0, Math.floor(limit)))],
      [`anthropic-ratelimit-${kind}-remaining`, String(Math.max(0, Math.floor(Math.min(limit, remaining))))],
      [`anthropic-ratelimit-${kind}-reset`, reset],
    ];
  });
  return Object.fromEntries(stated) as Record<string, string>;
}
