import type { AppError } from "../errors.ts";

/** Items that one wake-up names. */
export const GROUP_SIZE = 50;
/** Most items of a batch, and most bytes of its upload. */
export const MAX_ITEMS = 50_000;
export const MAX_UPLOAD_BYTES = 100_000_000;
/** Output tokens that an item may use at most where there is a cost limit and nothing else bounds them. */
export const CAPPED_MAX_TOKENS = 4096;

/** How items are called: one by one through the queue, or as a batch of the provider's own. */
export const BATCH_MODES = ["queue", "provider"] as const;
/** One of {@link BATCH_MODES}. */
export type BatchMode = (typeof BATCH_MODES)[number];

/** Where an item stands. The last three are final. */
export type ItemState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** How many items stand where. */
export interface BatchCounts extends Record<ItemState, number> {
  total: number;
}

/** Where a batch stands as a whole. */
export type BatchStatus = "queued" | "running" | "completed" | "cancelled" | "failed";

/** A batch's status out of its items': `failed` where every item failed, `cancelled` from the moment it was asked for. */
export function batchStatus(counts: BatchCounts, cancelled: boolean): BatchStatus {
  if (cancelled) return "cancelled";
  if (counts.queued === counts.total) return "queued";
  if (counts.queued + counts.running > 0) return "running";
  return counts.failed === counts.total ? "failed" : "completed";
}

/** Whether a batch will change no more. */
export function isSettled(counts: BatchCounts): boolean {
  return counts.queued + counts.running === 0;
}

/** Failed executions after which an item is given up. */
const MAX_FAILURES = 5;
/** Starts after which an item is given up that never came to any end: it takes its process down with it. */
const MAX_STARTS = 20;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 120_000;

/** Milliseconds until an item that failed may be tried again, or null where it is given up. `failures` includes this one; `roll` in [0, 1). */
export function retryDelay(error: AppError, failures: number, roll: number): number | null {
  const worthIt = error.retryable || error.code === "rate_limit_error" || error.code === "provider_overloaded";
  if (!worthIt || failures >= MAX_FAILURES) return null;
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 4 ** (failures - 1));
  return Math.max(Math.round(ceiling * (0.5 + roll / 2)), Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_MS));
}

/** Whether an item was started so often without any end that it is not started again. */
export function isPoison(starts: number): boolean {
  return starts > MAX_STARTS;
}

/** Waits between the deliveries of a webhook, in milliseconds, as Standard Webhooks recommends them. */
const WEBHOOK_DELAYS_MS = [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000];

/** Milliseconds until a webhook is sent again after its `attempts`-th failure, or null where it is given up. */
export function webhookDelay(attempts: number): number | null {
  return WEBHOOK_DELAYS_MS[attempts - 1] ?? null;
}
