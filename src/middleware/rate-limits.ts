import type { MiddlewareHandler } from "hono";
import { rateLimitHeaders, type RateLimits, retryAfterOf } from "../domain/rate-limit-headers.ts";
import type { AppContext, AppEnv } from "./context.ts";

/**
 * Adds the noted limits to the headers of every response, and `Retry-After` to every 429 and 503
 * without it (RFC 9110 §10.2.3).
 */
export function rateLimits(): MiddlewareHandler<AppEnv> {
  return async function rateLimitsMiddleware(c, next) {
    await next();
    const limits = c.var.rate_limits ?? {};
    const { headers, status } = c.res;
    for (const [name, value] of Object.entries(rateLimitHeaders(limits))) headers.set(name, value);
    const refused = status === 429 || status === 503;
    if (refused && !headers.has("retry-after")) {
      headers.set("retry-after", String(Math.ceil(retryAfterOf(limits) / 1000)));
    }
  };
}

/**
 * Notes the limits behind a refusal. They replace what was noted before, because the caller needs
 * them.
 */
export function noteRefusal(c: AppContext, limits: RateLimits | undefined): void {
  c.set("rate_limits", { ...c.var.rate_limits, ...limits });
}

/**
 * Notes limits for the response headers. Limits that were noted before win: the tenant's own
 * allowance is noted first, before the limits of a provider key.
 */
export function noteLimits(c: AppContext, limits: RateLimits | undefined): void {
  if (!limits) return;
  const { requests, tokens } = { ...limits, ...c.var.rate_limits };
  c.set("rate_limits", { ...(requests ? { requests } : {}), ...(tokens ? { tokens } : {}) });
}
