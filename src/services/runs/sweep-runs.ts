import type { StepResult } from "../../domain/runs/run.ts";
import type { RunRepository } from "../../storage/runs/run-repository.ts";
import type { RunDeps } from "./run-deps.ts";

/** Runs are kept for this long, ms. */
const KEPT_MS = 90 * 86_400_000;
/** Runs that one sweep takes up, or deletes, on each shard. */
const SWEPT_AT_ONCE = 100;

/**
 * Wakes the runs whose lease is over for the time of one more, so that nobody works on them, and
 * deletes old ones. Returns how many it woke.
 */
export async function sweepRuns<Plan, Result extends StepResult>({
  now,
  wake,
  leaseMs,
  runs,
}: Pick<RunDeps, "now" | "wake" | "leaseMs"> & {
  runs: Pick<RunRepository<Plan, Result>, "overdue" | "deleteOld">;
}): Promise<number> {
  const at = now();
  const idle = await runs.overdue(at - leaseMs, SWEPT_AT_ONCE);
  for (const key of idle) await wake(key);
  await runs.deleteOld(at - KEPT_MS, SWEPT_AT_ONCE);
  return idle.length;
}
