/** How a run may stand. */
export const RUN_STATUSES = ["running", "completed", "cancelled"] as const;
/** One of {@link RUN_STATUSES}. */
export type RunStatus = (typeof RUN_STATUSES)[number];

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

/** The kinds of runs that one table has: comparisons and optimisations. */
export type ExperimentKind = "comparison" | "optimization";

/**
 * A comparison or an optimisation in a list: what lists show of its plan, and what it had found by
 * its end. `counts` is null before that, and in those of older versions.
 */
export interface ListedExperiment<Head, Counts> extends Pick<
  Run<unknown>,
  "id" | "status" | "created_at" | "ended_at"
> {
  prompt: string;
  head: Head;
  counts: Counts | null;
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
