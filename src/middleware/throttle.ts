import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";
import { noteLimits } from "./rate-limits.ts";

/** Lets through what the tenant's throttle allows, 429 beyond it, and notes what is left for the reply. After the check of the key, which says who the tenant is. */
export function throttle(): MiddlewareHandler<AppEnv> {
  return async function throttleMiddleware(c, next) {
    const requests = await c.var.services.throttle(c.var.principal.tenant_id);
    noteLimits(c, { requests });
    await next();
  };
}
