import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";
import { noteLimits } from "./rate-limits.ts";

/**
 * Passes what the tenant's throttle allows, answers 429 beyond it, and notes what is left for the
 * reply's headers. Mount it after authentication, which finds the tenant.
 */
export function throttle(): MiddlewareHandler<AppEnv> {
  return async function throttleMiddleware(c, next) {
    const requests = await c.var.services.throttle(c.var.principal.tenant_id);
    noteLimits(c, { requests });
    await next();
  };
}
