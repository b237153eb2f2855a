import type { ProviderName } from "../completions/completion.ts";
import type { ExecutionError } from "../executions/execution.ts";

/**
 * A batch at a provider: what was set out to be submitted (`submitting`, written before any call), what runs there, what is over. Its id
 * is the lease under which its items are held. Times are Unix ms.
 */
export interface ProviderBatch {
  id: string;
  tenant_id: string;
  batch_id: string;
  provider: ProviderName;
  model: string;
  /** The provider key that submits it, and the only one that can find it again. */
  key_name: string;
  state: "submitting" | "running" | "ended";
  provider_batch_id: string | null;
  /** Items that it was opened with. */
  items: number;
  /** Submissions that were begun; from the second on an earlier one has to be looked for. */
  submits: number;
  /** When to look again. While someone works on it: when its claim runs out, which nobody else's does at the same time. */
  next_poll_at: number;
  submitted_at: number | null;
  cancel_sent_at: number | null;
  ended_at: number | null;
  /** Why its items had to go another way. */
  error: ExecutionError | null;
  created_at: number;
}

/** Most requests of one provider batch: OpenAI's limit, which is under Anthropic's 100,000. */
export const MAX_PROVIDER_BATCH_ITEMS = 50_000;
/** Most characters of its requests: under OpenAI's 200 MB and Anthropic's 256 MB, even where each is two bytes. */
export const MAX_PROVIDER_BATCH_SIZE = 100_000_000;
/** Both providers end a batch after a day. What is not over by then, and two hours more, goes through the queue. */
export const PROVIDER_BATCH_LEASE_MS = 26 * 3_600_000;
/** Submissions that are begun before items go through the queue instead. */
export const MAX_SUBMITS = 6;

const FIRST_POLL_MS = 60_000;
const LONGEST_POLL_MS = 30 * 60_000;
const LONGEST_SUBMIT_WAIT_MS = 15 * 60_000;

/** Milliseconds until a batch is looked at again: a quarter of its age, between a minute and half an hour. About 60 looks in a day. */
export function pollDelay(ageMs: number): number {
  return Math.min(LONGEST_POLL_MS, Math.max(FIRST_POLL_MS, Math.round(ageMs / 4)));
}

/** Milliseconds until a submission is begun again: a minute, doubled each time, or as long as the provider asks for. */
export function submitDelay(submits: number, retryAfterMs = 0): number {
  const wait = Math.min(LONGEST_SUBMIT_WAIT_MS, FIRST_POLL_MS * 2 ** (submits - 1));
  return Math.max(wait, Math.min(retryAfterMs, LONGEST_SUBMIT_WAIT_MS));
}

/** The mark of a submission: 32 hexadecimal digits, from the id of its row. */
export function nonceOf(id: string): string {
  return id.slice(id.indexOf("_") + 1).replaceAll("-", "");
}

/** The `custom_id` of an item at the provider: at most 38 of the 64 characters that both allow. */
export function customIdOf(id: string, position: number): string {
  return `${nonceOf(id)}-${position}`;
}

/** The position that a `custom_id` names, or null where it is none of this batch's. */
export function positionOf(id: string, customId: string): number | null {
  const prefix = `${nonceOf(id)}-`;
  const digits = customId.slice(prefix.length);
  return customId.startsWith(prefix) && /^\d{1,9}$/.test(digits) ? Number(digits) : null;
}
