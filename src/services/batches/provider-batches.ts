import { CAPPED_MAX_TOKENS } from "../../domain/batches/batch.ts";
import type { Message } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { batchCost, priceOf } from "../../domain/usage/prices.ts";
import { pollDelay, PROVIDER_BATCH_LEASE_MS, type ProviderBatch } from "../../domain/batches/provider-batch.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { ProviderCall } from "../../providers/provider.ts";
import type { BatchContext, HeldItem, ItemReservation } from "../../storage/batches/provider-batches.ts";
import { ESTIMATE_MARGIN } from "./bound-cost.ts";
import { createCollectProviderBatch } from "./collect-provider-batch.ts";
import {
  inputOf,
  asAppError,
  type Claimed,
  CLAIM_MS,
  ClaimLost,
  promptOf,
  type ProviderBatchDeps,
} from "./provider-batch-work.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import { createSubmitProviderBatch } from "./submit-provider-batch.ts";

/** What a tick did: batches opened, and rows that it worked on. */
export interface Ticked {
  opened: number;
  advanced: number;
}

/** Batches of mode `provider`, from accepted items to their ends. */
export interface ProviderBatches {
  /** Does what is due now: opens, submits, polls, collects. Nothing waits in it for a provider's batch to end; call it every minute. */
  tick(): Promise<Ticked>;
}

/** Batches and rows of a shard that are taken at once. */
const AT_ONCE = 20;
/** A tick begins nothing new after this. */
const LONGEST_TICK_MS = 120_000;
const POLL_TIMEOUT_MS = 30_000;
/** Items that are priced at once, where there is a cost limit. */
const PRICED_AT_ONCE = 200;

/**
 * The service. A provider batch is a row before it is anything else, and its items are leased to that row: a crash at any point leaves
 * something that the next tick takes up. Items that the provider did not execute, or failed in a way that may pass, go through the queue.
 */
export function createProviderBatches(deps: ProviderBatchDeps): ProviderBatches {
  const { store } = deps;
  const submit = createSubmitProviderBatch(deps);
  const collect = createCollectProviderBatch(deps);

  /** Opens a row for a batch's items. Where none can be opened, the queue gets them, and tells each why. */
  async function open(batch: BatchContext): Promise<number> {
    try {
      const prompt = await promptOf(deps, batch);
      const candidate = await candidateOf(batch, prompt);
      const [key] = candidate ? await deps.keysFor(batch.tenant_id, candidate.provider) : [];
      if (!candidate || !key) throw new AppError("internal_error", "There was no candidate to call.");
      const only = batch.max_cost_nanousd === null ? null : await affordable(batch, candidate);
      if (only?.length === 0) {
        // What others have set aside may come free; what is simply too dear is refused by the queue's own rule.
        if (batch.reserved_nanousd === 0) await store.pass(batch, deps.now());
        return 0;
      }
      const at = deps.now();
      return await store.open(rowOf(batch, candidate, key.name, at), at + PROVIDER_BATCH_LEASE_MS, only);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await store.pass(batch, deps.now());
      return 0;
    }
  }

  /** One model for all: that of the first item, where the prompt leaves it to a score. */
  async function candidateOf(batch: BatchContext, prompt: ResolvedPrompt): Promise<Candidate | undefined> {
    const [first] = await store.unstarted(batch, -1, 1);
    if (!first) return undefined;
    const { model, models } = batch.request;
    const { name: prompt_name, definition } = prompt.row;
    const messages = messagesOf(prompt, batch, first);
    const { candidates } = await deps.route({
      tenant_id: batch.tenant_id,
      prompt_name,
      definition,
      messages,
      model,
      models,
    });
    return candidates[0];
  }

  /** The first items that the batch's limit has room for, at the most that each can cost at half the price. */
  async function affordable(batch: BatchContext, candidate: Candidate): Promise<ItemReservation[]> {
    const prompt = await promptOf(deps, batch);
    let left = (batch.max_cost_nanousd ?? 0) - batch.cost_nanousd - batch.reserved_nanousd;
    const chosen: ItemReservation[] = [];
    for (let after = -1; ; after = chosen.at(-1)?.position ?? after) {
      const items = await store.unstarted(batch, after, PRICED_AT_ONCE);
      for (const item of items) {
        const { messages, parameters } = inputOf(prompt, batch, item);
        const prompt_tokens = estimateTokens(messages) * ESTIMATE_MARGIN;
        const completion_tokens = parameters.max_tokens ?? CAPPED_MAX_TOKENS;
        const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
        const price = priceOf(candidate.provider, candidate.model, usage);
        const nanousd = price ? batchCost(price.cost_nanousd) : Infinity;
        if (nanousd > left) return chosen;
        left -= nanousd;
        chosen.push({ position: item.position, nanousd });
      }
      if (items.length < PRICED_AT_ONCE) return chosen;
    }
  }

  /** Ends a row: what it still holds goes through the queue, or is cancelled with its batch. */
  async function end({ row, batch }: Pick<Claimed, "row" | "batch">, error: AppError | null): Promise<void> {
    const at = deps.now();
    if (await store.release(row, { after: -1, unstarted: false }, at)) await deps.onEnded(batch.tenant_id, batch.id);
    const told = error && { code: error.code, detail: error.detail };
    await store.change(row, { state: "ended", ended_at: at, error: told });
    if (error) deps.onError(row.id, error);
  }

  async function look(claimed: Claimed, until: number): Promise<void> {
    const { row, batch } = claimed;
    const provider = deps.providers[row.provider];
    const id = row.provider_batch_id ?? "";
    if (batch.cancelled && row.cancel_sent_at === null) {
      await timed(claimed, async (call) => provider.cancel(id, call));
      await store.change(row, { cancel_sent_at: deps.now() });
    }
    const progress = await timed(claimed, async (call) => provider.poll(id, call));
    if (progress.status === "failed") return end(claimed, progress.error);
    if (progress.status === "ended") {
      const all = await collect(claimed, progress.sources, until);
      if (all) return end(claimed, null);
    }
    const pause =
      progress.status === "ended" ? 0 : pollDelay(batch.cancelled ? 0 : deps.now() - (row.submitted_at ?? 0));
    await store.change(claimed.row, { next_poll_at: deps.now() + pause });
  }

  async function timed<T>({ row, apiKey }: Claimed, work: (call: ProviderCall) => Promise<T>): Promise<T> {
    const overdue = () => new AppError("timeout", `${row.provider} did not answer in time.`, { retryable: true });
    const deadline = startDeadline(POLL_TIMEOUT_MS, overdue);
    try {
      return await work({ apiKey, signal: deadline.signal });
    } finally {
      deadline.clear();
    }
  }

  async function advance(row: ProviderBatch, batch: BatchContext, until: number): Promise<void> {
    if (deps.now() - row.created_at > PROVIDER_BATCH_LEASE_MS) return end({ row, batch }, late());
    const keys = await deps.keysFor(row.tenant_id, row.provider);
    const key = keys.find(({ name }) => name === row.key_name);
    if (!key) return end({ row, batch }, new AppError("provider_error", "The API key that submitted it is gone."));
    const claimed: Claimed = { row, batch, apiKey: key.secret };
    if (row.state === "running") {
      try {
        return await look(claimed, until);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        deps.onError(row.id, error);
        const wait = Math.max(pollDelay(deps.now() - (row.submitted_at ?? 0)), error.retryAfterMs ?? 0);
        await store.change(claimed.row, { next_poll_at: deps.now() + wait });
        return;
      }
    }
    const submitted = await submit(claimed);
    if (submitted === "nothing to do") await end(claimed, null);
    else if (typeof submitted === "object") await end(claimed, submitted.give_up);
  }

  return {
    async tick() {
      const until = deps.now() + LONGEST_TICK_MS;
      const ticked: Ticked = { opened: 0, advanced: 0 };
      for (const batch of await store.waiting(AT_ONCE)) {
        try {
          if ((await open(batch)) > 0) ticked.opened += 1;
        } catch (error) {
          deps.onError(batch.id, error);
        }
      }
      while (deps.now() < until) {
        const rows = await store.due(deps.now(), deps.now() + CLAIM_MS, 1);
        if (rows.length === 0) break;
        for (const { row, batch } of rows) {
          ticked.advanced += 1;
          // What fails on our side stays claimed for a while, and is taken up again.
          await advance(row, batch, until).catch((error: unknown) => {
            if (!(error instanceof ClaimLost)) deps.onError(row.id, asAppError(error));
          });
        }
      }
      return ticked;
    },
  };
}

/** An item that cannot be rendered is refused when its turn comes; it decides nothing for the others. */
function messagesOf(prompt: ResolvedPrompt, batch: BatchContext, item: HeldItem): Message[] {
  try {
    return inputOf(prompt, batch, item).messages;
  } catch {
    return [];
  }
}

function late(): AppError {
  return new AppError("timeout", "The provider did not end the batch within its time.");
}

function rowOf(batch: BatchContext, candidate: Candidate, key_name: string, at: number): ProviderBatch {
  return {
    ...candidate,
    id: newId("pba", at),
    tenant_id: batch.tenant_id,
    batch_id: batch.id,
    key_name,
    state: "submitting",
    provider_batch_id: null,
    items: 0,
    submits: 0,
    next_poll_at: at,
    submitted_at: null,
    cancel_sent_at: null,
    ended_at: null,
    error: null,
    created_at: at,
  };
}
