import { routePath } from "hono/route";
import type { AppContext } from "./context.ts";

/** Counts a request that is answered, by its route and not by its path, which names objects. */
export function countRequest(c: AppContext, status: number): void {
  const { services, principal, timings } = c.var;
  services.countRequest({
    tenant_id: principal?.tenant_id ?? null,
    route: routePath(c, -1),
    method: c.req.method,
    status,
    ms: timings.total(),
  });
}
