import type { TestDeps } from "./test-deps.ts";

/** A run whose lease is over for this long, ms, has nobody who works on it. */
const IDLE_MS = 60_000;
/** Runs are kept for this long, ms. */
const KEPT_MS = 90 * 86_400_000;
/** Runs that one sweep takes up, or deletes, on each shard. */
const SWEPT_AT_ONCE = 100;

/** Wakes the runs that nobody works on any more, and deletes old ones. Returns how many it woke. */
export async function sweepTestRuns(deps: Pick<TestDeps, "now" | "runs" | "wake">): Promise<number> {
  const now = deps.now();
  const idle = await deps.runs.overdue(now - IDLE_MS, SWEPT_AT_ONCE);
  for (const key of idle) await deps.wake(key);
  await deps.runs.deleteOld(now - KEPT_MS, SWEPT_AT_ONCE);
  return idle.length;
}
