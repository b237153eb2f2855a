import type { BatchDeps } from "./batch-deps.ts";
import { sendWakeUps } from "./wake-ups.ts";

/** Groups, and webhooks, that one sweep sends for each shard: it must not flood a busy queue. */
const SWEPT_AT_ONCE = 100;
/** An upload that takes longer is deleted. */
const LONGEST_UPLOAD_MS = 3_600_000;

/** Number of wake-ups that a sweep sent. */
export interface SweepSummary {
  groups: number;
  webhooks: number;
}

/**
 * Sends wake-ups again for open groups without a recent sign of life and for due webhooks, and
 * deletes stale uploads. It makes up for every wake-up that was lost.
 */
export async function sweepBatches(deps: BatchDeps): Promise<SweepSummary> {
  const now = deps.now();
  const groups = await deps.claims.overdueGroups(now, now + deps.settings.wakeAfterMs, SWEPT_AT_ONCE);
  for (const [lane, some] of Map.groupBy(groups, (group) => group.lane)) {
    await sendWakeUps(
      deps,
      lane,
      some.map(({ lane: _lane, ...key }) => ({ type: "group", ...key })),
    );
  }
  const webhooks = await deps.webhooks.due(now, SWEPT_AT_ONCE);
  await sendWakeUps(
    deps,
    "batch",
    webhooks.map((due) => ({ type: "webhook", ...due })),
  );
  await deps.batches.sweepUploads(now - LONGEST_UPLOAD_MS);
  return { groups: groups.length, webhooks: webhooks.length };
}
