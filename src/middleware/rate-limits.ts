import { rateLimitHeaders, type RateLimits, retryAfterOf } from "../domain/rate-limit-headers.ts";
import type { AppContext } from "./context.ts";

/**
 * Adds the noted limits to the headers of a response, and `Retry-After` to a 429 and a 503 without
 * it (RFC 9110 §10.2.3).
 */
export function addRateLimits(c: AppContext, { headers, status }: Response): void {
  const limits = c.get("rate_limits") ?? {};
  for (const [name, value] of Object.entries(rateLimitHeaders(limits))) headers.set(name, value);
  const refused = status === 429 || status === 503;
  if (refused && !headers.has("retry-after")) {
    headers.set("retry-after", String(Math.ceil(retryAfterOf(limits) / 1000)));
  }
}

/**
 * Notes the limits behind a refusal. They replace what was noted before, because the caller needs
 * them.
 */
export function noteRefusal(c: AppContext, limits: RateLimits | undefined): void {
  c.set("rate_limits", { ...c.get("rate_limits"), ...limits });
}

/**
 * Notes limits for the response headers. Limits that were noted before win: the tenant's own
 * allowance is noted first, before the limits of a provider key.
 */
export function noteLimits(c: AppContext, limits: RateLimits | undefined): void {
  if (!limits) return;
  const { requests, tokens } = { ...limits, ...c.get("rate_limits") };
  c.set("rate_limits", { ...(requests ? { requests } : {}), ...(tokens ? { tokens } : {}) });
}
