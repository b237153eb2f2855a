/** How a run stands. */
export type RunStatus = "running" | "completed" | "cancelled";

/**
 * Accepted work of many executions, by a plan that never changes: a test run, a comparison or an
 * optimisation. Times are Unix ms.
 */
export interface Run<Plan> {
  id: string;
  tenant_id: string;
  key_id: string;
  plan: Plan;
  status: RunStatus;
  created_at: number;
  ended_at: number | null;
}

/** What is known of one step of a run. Positions number the steps of a run. */
export interface StepResult {
  position: number;
}

/** A step that the run's money did not reach for, and what was paid of it all the same. */
export interface SkippedStep extends StepResult {
  skipped: true;
  /** Nano-dollars. Absent in results of older versions. */
  cost_nanousd?: number;
}
