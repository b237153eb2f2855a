import type { AppError } from "../errors.ts";

/** Items in one group; a wake-up names one group. */
export const GROUP_SIZE = 50;
/** Maximum number of items in a batch. */
export const MAX_ITEMS = 50_000;
/** Maximum size of an upload, bytes. */
export const MAX_UPLOAD_BYTES = 100_000_000;

/**
 * How long an asynchronous execution stays stored after its end, ms; its record stays in the
 * ledger. Not shorter than the life of an idempotency key, under which it may be looked for.
 */
export const EXECUTION_KEPT_MS = 86_400_000;

/** How items are executed: one by one from the lane's queue, or in a batch at the provider. */
export const BATCH_MODES = ["queue", "provider"] as const;
/** One of {@link BATCH_MODES}. */
export type BatchMode = (typeof BATCH_MODES)[number];

/** The state of an item. The last three are final. */
export type ItemState = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** Number of items in each state. */
export interface BatchCounts extends Record<ItemState, number> {
  total: number;
}

/** The states of a batch as a whole. */
export const BATCH_STATUSES = ["queued", "running", "completed", "cancelled", "failed"] as const;
/** One of {@link BATCH_STATUSES}. */
export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** What is stored of a batch's status: one that is `open` is queued or running. */
export const BATCH_PHASES = ["open", "completed", "cancelled", "failed"] as const;

/**
 * Derives a batch's status from the states of its items. It is `failed` if every item failed, and
 * `cancelled` from the moment of the cancel request, even while items still run.
 */
export function batchStatus(counts: BatchCounts, cancelled: boolean): BatchStatus {
  if (cancelled) return "cancelled";
  if (counts.queued === counts.total) return "queued";
  if (counts.queued + counts.running > 0) return "running";
  return counts.failed === counts.total ? "failed" : "completed";
}

/** Whether every item of a batch is in a final state. */
export function isSettled(counts: BatchCounts): boolean {
  return counts.queued + counts.running === 0;
}

/** Failed executions after which an item is given up. */
const MAX_FAILURES = 5;
/** Starts without any end after which an item is given up: it probably kills its process. */
const MAX_STARTS = 20;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 120_000;

/**
 * Milliseconds until a failed item may be retried, or null if it is given up. `failures` includes
 * this failure; `roll` in [0, 1) is the jitter. The provider's `retry-after` is a lower bound.
 */
export function retryDelay(error: AppError, failures: number, roll: number): number | null {
  const worthIt = error.retryable || error.code === "rate_limit_error" || error.code === "provider_overloaded";
  // A budget that is used up stays so for longer than any of these waits: the batch can be
  // redriven.
  if (!worthIt || error.code === "budget_exceeded" || failures >= MAX_FAILURES) return null;
  const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 4 ** (failures - 1));
  return Math.max(Math.round(ceiling * (0.5 + roll / 2)), Math.min(error.retryAfterMs ?? 0, LONGEST_RETRY_MS));
}

/** Whether an item was started too many times without any end to be started again. */
export function isPoison(starts: number): boolean {
  return starts > MAX_STARTS;
}
