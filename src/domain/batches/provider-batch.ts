import type { BuiltInProvider } from "../completions/completion.ts";
import type { ExecutionError } from "../executions/execution.ts";

/**
 * A batch at a provider. The row is written before the first call (`submitting`), then the batch
 * runs at the provider (`running`), then it is over (`ended`). Items are leased to the row: their
 * lease is its id. Times are Unix ms.
 */
export interface ProviderBatch {
  id: string;
  tenant_id: string;
  batch_id: string;
  provider: BuiltInProvider;
  model: string;
  /** The provider key that submits the batch. Only this key can find the batch again. */
  key_name: string;
  state: "submitting" | "running" | "ended";
  provider_batch_id: string | null;
  /** Number of items at the opening. */
  items: number;
  /** Submissions begun. Before a second one, the first must be looked for. */
  submits: number;
  /**
   * When the row is due again. While a worker holds the row, this is the end of its claim. No two
   * claims have the same end, so it also identifies the claim.
   */
  next_poll_at: number;
  submitted_at: number | null;
  cancel_sent_at: number | null;
  ended_at: number | null;
  /** Why its items went through the queue instead. */
  error: ExecutionError | null;
  created_at: number;
}

/** Maximum requests in one provider batch: OpenAI's limit. Anthropic's is 100,000. */
export const MAX_PROVIDER_BATCH_ITEMS = 50_000;
/**
 * Maximum characters of its requests. Even at two bytes a character this stays within OpenAI's
 * 200 MB and Anthropic's 256 MB.
 */
export const MAX_PROVIDER_BATCH_SIZE = 100_000_000;
/**
 * How long a provider batch may hold its items. Both providers end a batch after a day; items still
 * open two hours later go through the queue.
 */
export const PROVIDER_BATCH_LEASE_MS = 26 * 3_600_000;
/**
 * A provider batch that is still open then is cancelled at the provider, and what it executed is
 * collected before its items' lease is over.
 */
export const PROVIDER_BATCH_LATE_MS = 25 * 3_600_000;
/** Submissions begun before the items go through the queue instead. */
export const MAX_SUBMITS = 6;

const FIRST_POLL_MS = 60_000;
const LONGEST_POLL_MS = 30 * 60_000;
const LONGEST_SUBMIT_WAIT_MS = 15 * 60_000;

/**
 * Milliseconds until the next poll: a quarter of the batch's age, at least a minute and at most
 * half an hour. That makes about 60 polls in a day.
 */
export function pollDelay(ageMs: number): number {
  return Math.min(LONGEST_POLL_MS, Math.max(FIRST_POLL_MS, Math.round(ageMs / 4)));
}

/**
 * Milliseconds until the next submission: a minute, doubled with each one, or the provider's
 * `retry-after` if that is longer. At most 15 minutes.
 */
export function submitDelay(submits: number, retryAfterMs = 0): number {
  const wait = Math.min(LONGEST_SUBMIT_WAIT_MS, FIRST_POLL_MS * 2 ** (submits - 1));
  return Math.max(wait, Math.min(retryAfterMs, LONGEST_SUBMIT_WAIT_MS));
}

/** The mark of a submission, derived from the id of its row: 32 hexadecimal digits. */
export function nonceOf(id: string): string {
  return id.slice(id.indexOf("_") + 1).replaceAll("-", "");
}

/** The `custom_id` of an item at the provider: at most 38 of the 64 characters that both allow. */
export function customIdOf(id: string, position: number): string {
  return `${nonceOf(id)}-${position}`;
}

/** The position that a `custom_id` names, or null if the `custom_id` is not of this batch. */
export function positionOf(id: string, customId: string): number | null {
  const prefix = `${nonceOf(id)}-`;
  const digits = customId.slice(prefix.length);
  return customId.startsWith(prefix) && /^\d{1,9}$/.test(digits) ? Number(digits) : null;
}
