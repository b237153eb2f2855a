import type { DashboardWorld, Step } from "./world.ts";

/** An author's way: edit, render, try, publish, test, promote. */
export function authorSteps(_world: DashboardWorld): Step[] {
  return [];
}
