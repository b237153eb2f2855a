import {
  pollDelay,
  type ProviderBatch,
  PROVIDER_BATCH_LATE_MS,
  PROVIDER_BATCH_LEASE_MS,
} from "../../domain/batches/provider-batch.ts";
import { AppError } from "../../domain/errors.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { ProviderCall } from "../../providers/provider.ts";
import type { DueProviderBatch } from "../../storage/batches/provider-batches.ts";
import { collectProviderBatch } from "./collect-provider-batch.ts";
import { openProviderBatch } from "./open-provider-batch.ts";
import { settleMoney } from "./provider-batch-money.ts";
import {
  CLAIM_MS,
  type ClaimedProviderBatch,
  ClaimLost,
  type ProviderBatchDeps,
  providerBatchError,
} from "./provider-batch-work.ts";
import { submitProviderBatch } from "./submit-provider-batch.ts";

/** What a tick did: provider batches opened, and rows worked on. */
export interface TickSummary {
  opened: number;
  advanced: number;
}

/** Batches of a shard that are opened in one tick. */
const OPENED_AT_ONCE = 20;
/** A tick takes up no further row after this time. */
const LONGEST_TICK_MS = 120_000;
const POLL_TIMEOUT_MS = 30_000;
const KEY_GONE = "The API key that submitted it is gone.";

/**
 * Does what is due for batches of mode `provider`: opens, submits, polls, collects. It never waits
 * for a provider's batch to end; call it every minute. A provider batch begins as a row, and its
 * items are leased to that row, so the next tick resumes after a crash at any point. Items that the
 * provider did not execute, or that failed in a way that may pass, go through the queue.
 */
export async function tickProviderBatches(deps: ProviderBatchDeps): Promise<TickSummary> {
  const until = deps.now() + LONGEST_TICK_MS;
  const summary: TickSummary = { opened: 0, advanced: 0 };
  for (const batch of await deps.store.waiting(OPENED_AT_ONCE)) {
    try {
      if ((await openProviderBatch(deps, batch)) > 0) summary.opened += 1;
    } catch (error) {
      deps.onError(batch.id, error);
    }
  }
  while (deps.now() < until) {
    const rows = await deps.store.claimDue(deps.now(), deps.now() + CLAIM_MS, 1);
    if (rows.length === 0) break;
    for (const due of rows) {
      summary.advanced += 1;
      // After a fault on our side the row stays claimed for a while, and then is due again.
      await advance(deps, due, until).catch((error: unknown) => {
        if (!(error instanceof ClaimLost)) deps.onError(due.row.id, providerBatchError(error));
      });
    }
  }
  return summary;
}

/** Takes a claimed row one step further. */
async function advance(deps: ProviderBatchDeps, due: DueProviderBatch, until: number): Promise<void> {
  const { row } = due;
  if (deps.now() - row.created_at > PROVIDER_BATCH_LEASE_MS) {
    const late = new AppError("timeout", "The provider did not end the batch within its time.");
    return hasNothing(row) ? end(deps, due, late) : abandon(deps, due, late);
  }
  const keys = await deps.keysFor(row.tenant_id, row.provider);
  const own = keys.find(({ name }) => name === row.key_name);
  if (row.state === "running") {
    // Keys of one account see the same batches, so another key may find it.
    const key = own ?? keys[0];
    if (!key) return postpone(deps, due, new AppError("provider_error", KEY_GONE));
    return pollOrPostpone(deps, { ...due, apiKey: key.secret }, until);
  }
  if (!own) {
    const error = new AppError("provider_error", KEY_GONE);
    return hasNothing(row) ? end(deps, due, error) : postpone(deps, due, error);
  }
  const claimed: ClaimedProviderBatch = { ...due, apiKey: own.secret };
  const submitted = await submitProviderBatch(deps, claimed);
  if (submitted !== "nothing to do" && typeof submitted !== "object") return;
  await settleMoney(deps, claimed, 0);
  return end(deps, claimed, submitted === "nothing to do" ? null : submitted.give_up);
}

/** Reports a fault; the row is due again later, and keeps its items until their lease is over. */
async function postpone(deps: ProviderBatchDeps, { row }: DueProviderBatch, error: AppError): Promise<void> {
  deps.onError(row.id, error);
  const wait = Math.max(pollDelay(deps.now() - (row.submitted_at ?? row.created_at)), error.retryAfterMs ?? 0);
  await deps.store.update(row, { next_poll_at: deps.now() + wait });
}

/** Polls a running provider batch; after a provider's error, the row is due again later. */
async function pollOrPostpone(deps: ProviderBatchDeps, claimed: ClaimedProviderBatch, until: number): Promise<void> {
  try {
    await poll(deps, claimed, until);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await postpone(deps, claimed, error);
  }
}

/**
 * Sends a due cancel, polls the batch, and collects its results if it has ended. A late batch is
 * cancelled, too, so that what it did not execute can be made elsewhere without being paid twice.
 */
async function poll(deps: ProviderBatchDeps, claimed: ClaimedProviderBatch, until: number): Promise<void> {
  const { row, batch } = claimed;
  const provider = deps.providers[row.provider];
  const id = row.provider_batch_id ?? "";
  const unwanted = batch.cancelled || deps.now() - row.created_at > PROVIDER_BATCH_LATE_MS;
  if (unwanted && row.cancel_sent_at === null) {
    await timed(claimed, async (call) => provider.cancel(id, call));
    await deps.store.update(row, { cancel_sent_at: deps.now() });
  }
  const progress = await timed(claimed, async (call) => provider.poll(id, call));
  if (progress.status === "failed") {
    // A batch that its provider did not take is not billed.
    await settleMoney(deps, claimed, 0);
    return end(deps, claimed, progress.error);
  }
  let wait = pollDelay(unwanted ? 0 : deps.now() - (row.submitted_at ?? 0));
  if (progress.status === "ended") {
    const collected = await collectProviderBatch(deps, claimed, progress, until);
    // What the row still holds did not fit into a submission whose response was lost.
    if (collected === "all told") return end(deps, claimed, null, { unstarted: true });
    if (collected === "some untold") return abandon(deps, claimed, null);
    wait = 0;
  }
  await deps.store.update(claimed.row, { next_poll_at: deps.now() + wait });
}

async function timed<T>({ row, apiKey }: ClaimedProviderBatch, work: (call: ProviderCall) => Promise<T>): Promise<T> {
  const overdue = () => new AppError("timeout", `${row.provider} did not answer in time.`, { retryable: true });
  const deadline = startDeadline(POLL_TIMEOUT_MS, overdue);
  try {
    return await work({ apiKey, signal: deadline.signal });
  } finally {
    deadline.clear();
  }
}

/** Only before the first submission it is certain that the provider has nothing. */
function hasNothing({ state, submits }: ProviderBatch): boolean {
  return state === "submitting" && submits <= 1;
}

/**
 * Ends a row whose provider may have executed what the row still holds, and did not tell: those
 * items go to the queue as those of a consumer that died.
 */
async function abandon(deps: ProviderBatchDeps, due: DueProviderBatch, error: AppError | null): Promise<void> {
  await deps.store.abandon(due.row, reasonOf(error), deps.now());
  if (error) deps.onError(due.row.id, error);
}

/**
 * Ends a row whose provider executed nothing of what the row still holds. Those items go to the
 * queue, or, `unstarted`, to another provider batch, or are cancelled with their batch.
 */
async function end(
  deps: ProviderBatchDeps,
  { row, batch }: DueProviderBatch,
  error: AppError | null,
  { unstarted = false } = {},
): Promise<void> {
  const ended = await deps.store.release(row, { after: -1, unstarted }, deps.now());
  if (ended) await deps.onEnded(batch.tenant_id, batch.id);
  await deps.store.update(row, { state: "ended", ended_at: deps.now(), error: reasonOf(error) });
  if (error) deps.onError(row.id, error);
}

function reasonOf(error: AppError | null): ProviderBatch["error"] {
  return error && { code: error.code, detail: error.detail };
}
