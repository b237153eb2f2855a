import { PROVIDER_BATCH_LEASE_MS, type ProviderBatch } from "../../domain/batches/provider-batch.ts";
import { AppError } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { worstCostOf } from "../../domain/budgets/worst-cost.ts";
import type { ItemReservation } from "../../storage/batches/provider-batch-items.ts";
import type { ParentBatch, ProviderBatchItem } from "../../storage/batches/provider-batches.ts";
import { type BuiltInProvider, isBuiltIn } from "../../domain/completions/completion.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";
import { inputOf, promptOf, type ProviderBatchDeps } from "./provider-batch-work.ts";

/** Items that are priced in one read, where there is a cost limit. */
const PRICED_AT_ONCE = 200;

/**
 * Opens a provider batch for the items of a batch that never started; returns how many it holds. If
 * none can be opened, the items go to the queue, where each of them fails with the reason. Throws
 * what storage throws.
 */
export async function openProviderBatch(deps: ProviderBatchDeps, batch: ParentBatch): Promise<number> {
  const { store } = deps;
  try {
    const prompt = await promptOf(deps, batch);
    const candidate = await candidateOf(deps, batch, prompt);
    if (!candidate) throw new AppError("internal_error", "There was no candidate to call.");
    const { provider } = candidate;
    if (!isBuiltIn(provider)) throw new AppError("provider_error", `${provider} has no batches.`);
    const [key] = await deps.keysFor(batch.tenant_id, provider);
    if (!key) throw new AppError("internal_error", "There was no key to call with.");
    const only = batch.max_cost_nanousd === null ? null : await affordableItems(deps, batch, candidate);
    if (only?.length === 0) {
      // Reservations of other items may come free. With none, the queue refuses what is too dear.
      if (batch.reserved_nanousd === 0) await store.handToQueue(batch, deps.now());
      return 0;
    }
    const at = deps.now();
    return await store.open(rowOf(batch, { ...candidate, provider }, key.name, at), at + PROVIDER_BATCH_LEASE_MS, only);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    await store.handToQueue(batch, deps.now());
    return 0;
  }
}

/** One model for all items: that of the first item, if the prompt leaves the choice to a score. */
async function candidateOf(
  deps: ProviderBatchDeps,
  batch: ParentBatch,
  prompt: ResolvedPrompt,
): Promise<Candidate | undefined> {
  const [first] = await deps.store.unstarted(batch, -1, 1);
  if (!first) return undefined;
  const { model, models } = batch.request;
  const { name: prompt_name, definition } = prompt.row;
  const asked = askedOf(prompt, batch, first);
  const { tenant_id } = batch;
  const { candidates } = await deps.route({ tenant_id, prompt_name, definition, ...asked, model, models });
  return candidates[0];
}

/**
 * The first items that the batch's cost limit has room for. Each is counted at the most that it
 * can cost, at half the price.
 */
async function affordableItems(
  deps: ProviderBatchDeps,
  batch: ParentBatch,
  candidate: Candidate,
): Promise<ItemReservation[]> {
  const prompt = await promptOf(deps, batch);
  let left = (batch.max_cost_nanousd ?? 0) - batch.cost_nanousd - batch.reserved_nanousd;
  const chosen: ItemReservation[] = [];
  for (let after = -1; ; after = chosen.at(-1)?.position ?? after) {
    const items = await deps.store.unstarted(batch, after, PRICED_AT_ONCE);
    for (const item of items) {
      const nanousd = boundOf(prompt, batch, candidate, item);
      if (nanousd > left) return chosen;
      left -= nanousd;
      chosen.push({ position: item.position, nanousd });
    }
    if (items.length < PRICED_AT_ONCE) return chosen;
  }
}

/**
 * The most that an item can cost in a provider batch, nano-dollars; infinite where nobody knows.
 */
function boundOf(prompt: ResolvedPrompt, batch: ParentBatch, candidate: Candidate, item: ProviderBatchItem): number {
  return worstCostOf(candidate, inputOf(prompt, batch, item), { isBatch: true }) ?? Infinity;
}

/** An item that cannot be rendered fails on its own; it must not fail the routing of the others. */
function askedOf(prompt: ResolvedPrompt, batch: ParentBatch, item: ProviderBatchItem) {
  try {
    const { messages, tools } = inputOf(prompt, batch, item);
    return { messages, tools };
  } catch {
    return { messages: [] };
  }
}

function rowOf(
  batch: ParentBatch,
  { provider, model }: { provider: BuiltInProvider; model: string },
  key_name: string,
  at: number,
): ProviderBatch {
  return {
    provider,
    model,
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
