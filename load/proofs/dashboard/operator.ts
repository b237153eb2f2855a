import type { DashboardWorld, Step } from "./world.ts";

/** An operator's way: a spike, the executions behind it, a roll back. */
export function operatorSteps(_world: DashboardWorld): Step[] {
  return [];
}
