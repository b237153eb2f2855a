import type { BatchSettings, Upload } from "../../storage/batches/batches.ts";
import { retryBriefly } from "../../lib/retry-briefly.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { groupWakeUps, sendWakeUpsOrReport } from "./wake-ups.ts";

/**
 * Thrown where the shard does not say whether a batch was accepted. Any other failure of an
 * acceptance shows that nothing was accepted.
 */
export class AcceptanceUnknown extends Error {
  constructor(id: string, cause: unknown) {
    super(`It is not known whether ${id} was accepted.`, { cause });
  }
}

/**
 * Opens an upload of `groups` groups: commits it, then sends a wake-up for each group. A commit
 * whose reply was lost counts. Throws {@link AcceptanceUnknown} where the shard does not say.
 */
export async function openBatch(
  deps: BatchDeps,
  batch: Upload & { groups: number },
  settings: BatchSettings,
): Promise<void> {
  const { tenant_id, id, groups } = batch;
  const wakeAt = deps.now() + deps.settings.wakeAfterMs;
  await deps.batches.open(batch, settings, wakeAt).catch(async (error: unknown) => {
    if (!(await isOpen(deps, batch))) throw error;
  });
  const numbers = Array.from({ length: groups }, (_, group) => group);
  await sendWakeUpsOrReport(deps, id, settings.lane, groupWakeUps(tenant_id, id, numbers));
}

/**
 * Whether an upload was opened. One that was not is deleted first, so that a call which is still
 * under way cannot open it later.
 */
async function isOpen(
  deps: Pick<BatchDeps, "batches" | "sleep">,
  { tenant_id, id, created_at }: Upload,
): Promise<boolean> {
  try {
    await retryBriefly(deps, async () => deps.batches.abandon(tenant_id, id, created_at));
    const found = await retryBriefly(deps, async () => deps.batches.find(tenant_id, id));
    if (found && found.created_at !== created_at) throw new Error("Another worker accepted the batch.");
    return found !== undefined;
  } catch (error) {
    throw new AcceptanceUnknown(id, error);
  }
}
