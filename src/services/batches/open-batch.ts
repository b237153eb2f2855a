import type { BatchSettings } from "../../storage/batches/batches.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { groupWakeUps, sendWakeUpsOrReport } from "./wake-ups.ts";

/** Opens an upload of `groups` groups: commits it, then sends a wake-up for each group. */
export async function openBatch(
  deps: BatchDeps,
  batch: { tenant_id: string; id: string; groups: number },
  settings: BatchSettings,
): Promise<void> {
  const { tenant_id, id, groups } = batch;
  await deps.batches.open(tenant_id, id, settings, deps.now() + deps.settings.wakeAfterMs);
  const numbers = Array.from({ length: groups }, (_, group) => group);
  await sendWakeUpsOrReport(deps, id, settings.lane, groupWakeUps(tenant_id, id, numbers));
}
