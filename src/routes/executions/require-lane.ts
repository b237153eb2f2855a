import { AppError } from "../../domain/errors.ts";
import type { Lane } from "../../domain/lane.ts";
import { allows, type Principal } from "../../domain/tenants/api-key.ts";

/** Throws a 403 where a key may not put its calls into a lane. */
export function requireLane(principal: Principal, lane: Lane): void {
  if (lane !== "high" || allows(principal, "priority:high")) return;
  throw new AppError("permission_error", "The key lacks the scope `priority:high`.");
}
