import type { AppContext } from "./context.ts";
import { noteLimits } from "./rate-limits.ts";

/**
 * Passes what the throttle of the caller's tenant allows, throws a 429 beyond it, and notes what is
 * left for the reply's headers.
 */
export async function throttle(c: AppContext, tenantId: string): Promise<void> {
  noteLimits(c, { requests: await c.get("services").throttle(tenantId) });
}
