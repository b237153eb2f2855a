import { EXECUTION_KEPT_MS } from "../../domain/batches/batch.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { groupWakeUps, sendWakeUps, wakeTimes } from "./wake-ups.ts";

/** Overdue groups that one query finds on each shard. */
const GROUPS_A_PAGE = 500;
/** A sweep ends after this many pages: 5,000 groups a shard a minute. */
const MOST_PAGES = 10;
/** Webhooks, and lines that stopped, that one sweep takes up on each shard. */
const SWEPT_AT_ONCE = 100;
/** An upload that takes longer is deleted. */
const LONGEST_UPLOAD_MS = 3_600_000;

/** Number of wake-ups that a sweep sent, and of batches and executions that it deleted. */
export interface SweepSummary {
  groups: number;
  webhooks: number;
  deleted: number;
}

/**
 * Sends wake-ups again for open groups without a recent sign of life and for due webhooks, which
 * makes up for every wake-up that was lost. Deletes stale uploads, and what ended long ago.
 */
export async function sweepBatches(deps: BatchDeps): Promise<SweepSummary> {
  const now = deps.now();
  const groups = (await wakeOverdue(deps)) + (await wakeStalled(deps));
  const webhooks = await deps.webhooks.due(now, SWEPT_AT_ONCE);
  await sendWakeUps(
    deps,
    "webhooks",
    webhooks.map((due) => ({ type: "webhook", ...due })),
  );
  await deps.batches.sweepUploads(now - LONGEST_UPLOAD_MS);
  return { groups, webhooks: webhooks.length, deleted: await deleteEnded(deps, now) };
}

/** Deletes what has been kept for its time since its end. Returns the number of batches. */
async function deleteEnded({ deletions, settings }: BatchDeps, now: number): Promise<number> {
  const before = now - settings.keptMs;
  const executions = await deletions.deleteEnded("execution", now - EXECUTION_KEPT_MS);
  const batches = await deletions.deleteEnded("batch", before);
  await deletions.deleteProviderBatches(before);
  return executions + batches;
}

/** Wakes overdue groups page by page. A group that waits for its turn is only looked at. */
async function wakeOverdue(deps: BatchDeps): Promise<number> {
  const { now, wakeAt } = wakeTimes(deps);
  let sent = 0;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await deps.claims.overdueGroups(now, wakeAt, GROUPS_A_PAGE);
    const awake = found.filter(({ waiting }) => waiting === 0);
    for (const [lane, some] of Map.groupBy(awake, (group) => group.lane)) {
      await sendWakeUps(deps, lane, groupWakeUps(some));
    }
    sent += awake.length;
    if (found.length < GROUPS_A_PAGE) break;
  }
  return sent;
}

/** Wakes groups that wait although their window has room, as after the crash of a consumer. */
async function wakeStalled(deps: BatchDeps): Promise<number> {
  const { wakeAt } = wakeTimes(deps);
  let sent = 0;
  for (const line of await deps.line.stalled(SWEPT_AT_ONCE)) {
    const woken = await deps.line.wakeNext(line, wakeAt);
    await sendWakeUps(deps, line.lane, groupWakeUps(woken));
    sent += woken.length;
  }
  return sent;
}
