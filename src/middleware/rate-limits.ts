import type { MiddlewareHandler } from "hono";
import { rateLimitHeaders, type RateLimits, retryAfterOf } from "../domain/gate/rate-limit-headers.ts";
import type { AppContext, AppEnv } from "./context.ts";

/** Puts the limits that became known while a request was answered on its reply, a refusal too; and no 429 or 503 leaves without `Retry-After` (RFC 9110 §10.2.3). */
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

/** Notes the limits that a refusal rests on: they are what its caller has to know, whatever was noted before. */
export function noteRefusal(c: AppContext, limits: RateLimits | undefined): void {
  c.set("rate_limits", { ...c.var.rate_limits, ...limits });
}

/** Notes limits for the reply. What was noted first stands: the tenant's own allowance, which is asked first, before what a provider says of a key. */
export function noteLimits(c: AppContext, limits: RateLimits | undefined): void {
  if (!limits) return;
  const { requests, tokens } = { ...limits, ...c.var.rate_limits };
  c.set("rate_limits", { ...(requests ? { requests } : {}), ...(tokens ? { tokens } : {}) });
}
