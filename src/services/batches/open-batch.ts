import { WINDOWS } from "../../domain/batches/windows.ts";
import type { BatchSettings, Upload } from "../../storage/batches/batches.ts";
import { retryBriefly } from "../../lib/retry-briefly.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { groupWakeUps, sendWakeUpsOrReport, wakeTimes } from "./wake-ups.ts";

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
 * Opens an upload of `groups` groups: commits it, then wakes the groups whose turn it is. A commit
 * whose reply was lost counts. Throws {@link AcceptanceUnknown} where the shard does not say.
 */
export async function openBatch(
  deps: BatchDeps,
  batch: Upload & { groups: number },
  settings: BatchSettings,
): Promise<void> {
  const { tenant_id, id, groups } = batch;
  const { lane } = settings;
  const { wakeAt } = wakeTimes(deps);
  const woken = await deps.batches.open(batch, settings, wakeAt).catch(async (error: unknown) => {
    if (!(await isOpen(deps, batch))) throw error;
    // It is not known which groups were woken. A wake-up of one that waits does no harm.
    return Array.from({ length: Math.min(groups, WINDOWS[lane]) }, (_, group) => ({ tenant_id, batch_id: id, group }));
  });
  await sendWakeUpsOrReport(deps, id, lane, groupWakeUps(woken));
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
