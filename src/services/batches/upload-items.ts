import { AppError } from "../../domain/errors.ts";
import type { NewBatch, NewItem, Upload } from "../../storage/batches/batches.ts";
import type { BatchDeps } from "./batch-deps.ts";

/** What the rows and index entries of an item take beside its input, bytes. */
const BYTES_AN_ITEM = 500;
/** When it makes sense to ask again: some of what was accepted may have ended by then. */
const RETRY_AFTER_MS = 60_000;

/**
 * Does the work of an upload that has an item of `size` bytes or more, and deletes the upload where
 * that fails. Throws a 429 where the tenant has so much open that this has no room.
 */
export async function withUpload<T>(
  deps: BatchDeps,
  begun: NewBatch,
  size: number,
  work: () => Promise<T>,
): Promise<T> {
  const { tenant_id, id, created_at } = begun;
  const { mostOpenBytes } = deps.settings;
  const hasBegun = await deps.batches.begin(begun, mostOpenBytes - size - BYTES_AN_ITEM);
  if (!hasBegun) throw backlogFull(mostOpenBytes);
  return work().catch(async (error: unknown) => {
    // If this fails as well, the sweep deletes the upload later. It cannot be opened any more.
    await deps.batches.abandon(tenant_id, id, created_at).catch(() => undefined);
    throw error;
  });
}

/**
 * Adds items of `size` bytes to an upload. Throws a 429 where the tenant then has too much open.
 */
export async function addItems(
  deps: BatchDeps,
  upload: Upload,
  items: readonly NewItem[],
  size: number,
): Promise<void> {
  const { mostOpenBytes } = deps.settings;
  const open = await deps.batches.add(upload, items, size + items.length * BYTES_AN_ITEM);
  if (open > mostOpenBytes) throw backlogFull(mostOpenBytes);
}

function backlogFull(mostBytes: number): AppError {
  const detail = `The tenant's asynchronous executions and batches that have not ended take all of the ${mostBytes} bytes that they may.`;
  return new AppError("rate_limit_error", detail, { retryable: true, retryAfterMs: RETRY_AFTER_MS });
}
