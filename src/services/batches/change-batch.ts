import type { BatchRecord } from "../../domain/batches/batch-record.ts";
import { AppError } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { readBatch } from "./read-batch.ts";
import { groupWakeUps, sendWakeUpsOrReport, wakeTimes } from "./wake-ups.ts";

/**
 * Cancels a batch: no further item starts, and running items end by themselves. A batch that has
 * ended stays as it is. Throws `not_found`.
 */
export async function cancelBatch(deps: BatchDeps, tenant_id: string, id: string): Promise<BatchRecord> {
  await cancelItems(deps, await readBatch(deps, tenant_id, id));
  return readBatch(deps, tenant_id, id);
}

/** Cancels what of a batch, or of an asynchronous execution, has not begun. */
export async function cancelItems(
  deps: BatchDeps,
  { tenant_id, id, lane }: Pick<BatchRecord, "tenant_id" | "id" | "lane">,
): Promise<void> {
  const { webhook } = await deps.batches.cancel(tenant_id, id, deps.now());
  if (webhook) await sendWakeUpsOrReport(deps, id, "webhooks", [{ type: "webhook", tenant_id, batch_id: id }]);
  const woken = await deps.line.wakeNext({ tenant_id, lane }, wakeTimes(deps).wakeAt);
  await sendWakeUpsOrReport(deps, id, lane, groupWakeUps(woken));
}

/**
 * Queues a batch's failed items again. Throws `not_found`, and `conflict` for a batch that was
 * cancelled.
 */
export async function redriveBatch(deps: BatchDeps, tenantId: string, id: string): Promise<BatchRecord> {
  const { state } = await readBatch(deps, tenantId, id);
  if (state === "cancelled") throw new AppError("conflict", "The batch was cancelled.");
  const now = deps.now();
  const failed = await deps.batches.failedItems(tenantId, id);
  if (failed.length > 0) {
    const fresh = failed.map((position) => ({ position, execution_id: newId("exe", now) }));
    const woken = await deps.batches.requeueFailed(tenantId, id, fresh, wakeTimes(deps).wakeAt);
    await sendWakeUpsOrReport(deps, id, "batch", groupWakeUps(woken));
  }
  return readBatch(deps, tenantId, id);
}
