import { routePath } from "hono/route";
import { log } from "../telemetry/log.ts";
import type { AppContext, RequestFault } from "./context.ts";

/**
 * Notes a fault for the request's line in the log. A request whose services cannot be built has no
 * other line than this.
 */
export function noteFault(c: AppContext, fault: RequestFault["fault"], error: string): void {
  c.set("fault", { fault, error });
  if (!c.get("services")) log("error", "request", { request_id: c.var.request_id, status: 500, fault, error });
}

/**
 * Logs a request that is answered, as one line: all that failed on our side or took `slowMs` to
 * answer, and the share `sample` of the others. The platform's own line for each invocation is
 * off, because it is billed for all of them. `random` is in [0, 1).
 */
export function logRequest(c: AppContext, status: number, random: () => number = Math.random): void {
  const { sample, slowMs } = c.get("services").config.requestLog;
  const ms = Math.round(c.get("timings").total());
  const { request_id, principal, fault } = c.var;
  const isFailed = status >= 500 || fault !== undefined;
  if (!isFailed && ms < slowMs && random() >= sample) return;
  // The route and not the path, which names what belongs to a tenant.
  const request = { request_id, method: c.req.method, route: routePath(c, -1), status, ms };
  log(isFailed ? "error" : "info", "request", { ...request, tenant_id: principal?.tenant_id, ...fault });
}
