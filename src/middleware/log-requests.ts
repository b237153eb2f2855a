import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { log } from "../telemetry/log.ts";
import type { AppEnv } from "./context.ts";

/**
 * Logs a request once it is answered, as one line: all that failed on our side or took `slowMs` to
 * answer, and the share `sample` of the others. The platform's own line for each invocation is
 * off, because it is billed for all of them. `random` is in [0, 1).
 */
export function logRequests(random: () => number = Math.random): MiddlewareHandler<AppEnv> {
  return async function logRequestsMiddleware(c, next) {
    await next();
    const { request_id, timings, services, principal } = c.var;
    const { sample, slowMs } = services.config.requestLog;
    const { status } = c.res;
    const ms = Math.round(timings.total());
    const isFailed = status >= 500;
    if (!isFailed && ms < slowMs && random() >= sample) return;
    // The route and not the path, which names what belongs to a tenant.
    const request = { request_id, method: c.req.method, route: routePath(c, -1), status, ms };
    log(isFailed ? "error" : "info", "request", { ...request, tenant_id: principal?.tenant_id });
  };
}
