import { routePath } from "hono/route";
import { log } from "../telemetry/log.ts";
import type { AppContext } from "./context.ts";

/**
 * Logs a request that is answered, as one line: all that failed on our side or took `slowMs` to
 * answer, and the share `sample` of the others. The platform's own line for each invocation is
 * off, because it is billed for all of them. `random` is in [0, 1).
 */
export function logRequest(c: AppContext, status: number, random: () => number = Math.random): void {
  const { sample, slowMs } = c.get("services").config.requestLog;
  const ms = Math.round(c.get("timings").total());
  const isFailed = status >= 500;
  if (!isFailed && ms < slowMs && random() >= sample) return;
  const { request_id, principal } = c.var;
  // The route and not the path, which names what belongs to a tenant.
  const request = { request_id, method: c.req.method, route: routePath(c, -1), status, ms };
  log(isFailed ? "error" : "info", "request", { ...request, tenant_id: principal?.tenant_id });
}
