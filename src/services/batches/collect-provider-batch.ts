import { retryDelay } from "../../domain/batches/batch.ts";
import type { ItemOutcome } from "../../domain/batches/batch-record.ts";
import { type Attempt, spentOn, withAnswer } from "../../domain/completions/attempt.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import { withBoundedOutput, worstCostOf } from "../../domain/budgets/worst-cost.ts";
import { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/executions/execution.ts";
import { newId } from "../../domain/id.ts";
import { positionOf, type ProviderBatch } from "../../domain/batches/provider-batch.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { BatchLineResult, BatchProgress } from "../../providers/batch-provider.ts";
import type { ProviderItemRetry } from "../../storage/batches/provider-batch-items.ts";
import type { ParentBatch, ProviderBatchItem } from "../../storage/batches/provider-batches.ts";
import { BATCH_TIER } from "../../domain/completions/service-tiers.ts";
import { ownPrice } from "../../domain/completions/tenant-price.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import { UnusableAnswer } from "../../domain/completions/unusable-answer.ts";
import { withoutUnasked } from "../../domain/completions/without-unasked.ts";
import { checkOutput } from "../completions/check-output.ts";
import { recordedInput } from "../../domain/executions/recorded-input.ts";
import { toTimeline } from "../../domain/executions/timeline.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import { toExecution } from "../executions/to-execution.ts";
import {
  inputOf,
  type ClaimedProviderBatch,
  promptOf,
  type ProviderBatchDeps,
  providerBatchError,
  renewClaim,
  requestOf,
} from "./provider-batch-work.ts";
import { settleMoney } from "./provider-batch-money.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";

/** A provider batch that has ended, as its provider tells it. */
type EndedBatch = Extract<BatchProgress, { status: "ended" }>;

/** Results whose items end in one transaction. */
const PAGE = 50;
/** Maximum time of one read of results. */
const LONGEST_READ_MS = 600_000;

/** The result of a request, and of one that the provider executed. */
type RequestResult = Exclude<BatchLineResult, { type: "unreadable" }>;
type ExecutedResult = Extract<BatchLineResult, { type: "completion" | "error" }>;

/**
 * How far results were read: `stopped` before the last one, `all told` where the provider told what
 * became of every request that it had, `some untold` where it did not.
 */
export type Collected = "stopped" | "all told" | "some untold";

/**
 * Reads the results of a provider batch that has ended, and ends its items: each once, however
 * often this is called. Stops at `until` (Unix ms). Items that expired or were cancelled go to the
 * queue. Those without a result stay leased to the row. Throws what the port throws, ClaimLost, and
 * what storage throws.
 */
export async function collectProviderBatch(
  deps: ProviderBatchDeps,
  claimed: ClaimedProviderBatch,
  { sources, counts }: EndedBatch,
  until: number,
): Promise<Collected> {
  const { row, batch, apiKey } = claimed;
  const price = ownPrice(await deps.pricesOf(row.tenant_id), row.provider, row.model);
  const candidate = { provider: row.provider, model: row.model, ...(price && { price }) };
  const collection = new Collection(deps, claimed, await promptOf(deps, batch), candidate);
  const overdue = () => new AppError("timeout", "The results did not come in time.", { retryable: true });
  const deadline = startDeadline(LONGEST_READ_MS, overdue);
  let page: RequestResult[] = [];
  const costs = new ResultCosts(row, candidate);
  const told = new Set<string>();
  try {
    for await (const result of deps.providers[row.provider].results(sources, { apiKey, signal: deadline.signal })) {
      if (result.type === "unreadable") {
        deps.onError(row.id, result.error);
        continue;
      }
      told.add(result.custom_id);
      costs.add(result);
      page.push(result);
      if (page.length < PAGE) continue;
      await collection.settle(page);
      page = [];
      if (deps.now() >= until) return "stopped";
    }
    if (page.length > 0) await collection.settle(page);
    const isAllTold = counts.total > 0 && told.size === counts.total;
    const ofUntold = isAllTold ? 0 : await collection.worstOfUntold();
    if (costs.areCertain && ofUntold !== null) await settleMoney(deps, claimed, costs.nanousd + ofUntold);
    return isAllTold ? "all told" : "some untold";
  } finally {
    deadline.clear();
  }
}

/** Usage that a provider told needs no input to be priced. */
const NO_INPUT: CompletionInput = { messages: [], parameters: {} };

/** What all results of a provider batch cost together, those that were collected before as well. */
class ResultCosts {
  readonly #row: ProviderBatch;
  readonly #candidate: Candidate;
  nanousd = 0;
  /** False where the provider did not tell the usage of a result, or its price is not known. */
  areCertain = true;

  constructor(row: ProviderBatch, candidate: Candidate) {
    this.#row = row;
    this.#candidate = candidate;
  }

  add(result: RequestResult): void {
    if (result.type === "expired" || result.type === "cancelled") return;
    const { usage, usage_estimated, cost } = batchAttempt(this.#row, this.#candidate, NO_INPUT, result, 0);
    // A request that failed without usage is not billed.
    if (usage === null) return;
    this.areCertain &&= cost !== null && !usage_estimated;
    this.nanousd += cost?.cost_nanousd ?? 0;
  }
}

/** What happens to an item after its result: it ended, or it goes through the queue again. */
type ItemEnd = { ended: ItemOutcome; retried?: never } | { retried: ProviderItemRetry; ended?: never };

/** Turns the results of one provider batch into executions and ends of its items. */
class Collection {
  readonly #deps: ProviderBatchDeps;
  readonly #claimed: ClaimedProviderBatch;
  readonly #prompt: ResolvedPrompt;
  readonly #candidate: Candidate;

  constructor(deps: ProviderBatchDeps, claimed: ClaimedProviderBatch, prompt: ResolvedPrompt, candidate: Candidate) {
    this.#deps = deps;
    this.#claimed = claimed;
    this.#prompt = prompt;
    this.#candidate = candidate;
  }

  /** Records the executions of a page of results and ends their items. */
  async settle(page: readonly RequestResult[]): Promise<void> {
    const { row, batch } = this.#claimed;
    const byPosition = new Map(page.map((result) => [positionOf(row.id, result.custom_id), result]));
    const positions = [...byPosition.keys()].filter((position) => position !== null);
    const items = await this.#deps.store.heldAt(row, positions);
    const ends = await Promise.all(
      items.flatMap((item) => {
        const result = byPosition.get(item.position);
        return result ? [this.#endOf(item, result)] : [];
      }),
    );
    const ended = ends.flatMap((end) => end.ended ?? []);
    const retried = ends.flatMap((end) => end.retried ?? []);
    const batchEnded = await this.#deps.store.finish(row, ended, retried, this.#deps.now());
    if (batchEnded) await this.#deps.onEnded(batch.tenant_id, batch.id);
    await renewClaim(this.#deps, this.#claimed);
  }

  /**
   * The most that the items without a result may have cost, nano-dollars. Null where nobody knows,
   * and where they are too many to look at: then all stays reserved.
   */
  async worstOfUntold(): Promise<number | null> {
    const { row, batch } = this.#claimed;
    const items = await this.#deps.store.held(row, -1, PAGE + 1);
    if (items.length > PAGE) return null;
    const worst = items.map((item) => this.#worstOf(batch, item));
    const total = worst.reduce((sum, each) => sum + each, 0);
    return total < Infinity ? total : null;
  }

  #worstOf(batch: ParentBatch, item: ProviderBatchItem): number {
    try {
      const input = withBoundedOutput(inputOf(this.#prompt, batch, item));
      return worstCostOf(this.#candidate, input, { isBatch: true }) ?? Infinity;
    } catch {
      // No request can be made of it, so none was sent.
      return 0;
    }
  }

  async #endOf(item: ProviderBatchItem, result: RequestResult): Promise<ItemEnd> {
    if (result.type === "expired" || result.type === "cancelled") {
      const { position, execution_id } = item;
      return { retried: { position, execution_id, not_before: 0, cost_nanousd: 0, hasFailed: false } };
    }
    const { error, ...ended } = this.#executionOf(item, result);
    const { execution, prepared } = ended;
    const timings = startTimings(() => this.#deps.now());
    await this.#deps.record({
      ...execution,
      ...(this.#deps.keepsContent(execution.tenant_id) && recordedInput(prepared.request)),
      timeline: toTimeline({ ...ended, timings, trace_id: prepared.request.trace?.trace_id }),
    });
    this.#deps.observe({ ...ended, timings, isProviderBatch: true });
    const wait = error ? retryDelay(error, item.failures + 1, this.#deps.random()) : null;
    if (wait === null) return { ended: outcomeOf(item, execution) };
    const now = this.#deps.now();
    const { cost_nanousd } = execution;
    return {
      retried: {
        position: item.position,
        not_before: now + wait,
        cost_nanousd: cost_nanousd ?? 0,
        execution_id: newId("exe", now),
        hasFailed: true,
      },
    };
  }

  /**
   * The execution of an item's result. Its id was assigned when the item was accepted, so it is
   * recorded once.
   */
  #executionOf(item: ProviderBatchItem, result: ExecutedResult) {
    const { row, batch } = this.#claimed;
    const candidate = this.#candidate;
    const input = inputOf(this.#prompt, batch, item);
    const prepared = {
      id: item.execution_id,
      input,
      startedAt: row.created_at,
      request: requestOf(batch, item),
      resolved: this.#prompt,
      route: { candidates: [candidate] },
    };
    const now = this.#deps.now();
    const attempt = batchAttempt(row, candidate, input, result, now);
    if (result.type === "error") {
      const { error } = result;
      const attempts = [attempt];
      return {
        error,
        prepared,
        attempts,
        execution: toExecution(prepared, { candidate, attempts, text: null, error }, now),
      };
    }
    const { provider, model } = candidate;
    const { usage: _usage, ...said } = withoutUnasked({ ...input, provider, model }, result.completion);
    const { text } = said;
    try {
      const output_json = checkOutput(input, result.completion);
      const execution_id = prepared.id;
      const attempts = [attempt];
      const answer = { ...spentOn(attempts), ...said, provider, model, execution_id, output_json };
      return { prepared, attempts, execution: toExecution(prepared, { candidate, attempts, text, answer }, now) };
    } catch (thrown) {
      const error = providerBatchError(thrown);
      const attempts = [{ ...attempt, outcome: "rejected" as const, error }];
      return { error, prepared, attempts, execution: toExecution(prepared, { candidate, attempts, text, error }, now) };
    }
  }
}

/** The provider's one attempt at an item, at the price of its batch API. */
function batchAttempt(
  row: ProviderBatch,
  candidate: Candidate,
  input: CompletionInput,
  result: ExecutedResult,
  now: number,
): Attempt {
  const attempt: Attempt = {
    candidate,
    key: row.key_name,
    started_at: row.submitted_at ?? row.created_at,
    first_token_at: null,
    ended_at: now,
    outcome: result.type === "error" ? "failed" : "answered",
    usage: null,
    usage_estimated: false,
    cost: null,
    limits: {},
  };
  if (result.type === "error") {
    const { error } = result;
    const isPaid = error instanceof UnusableAnswer;
    return { ...(isPaid ? withAnswer(attempt, input, { ...error.stated, text: "" }, BATCH_TIER) : attempt), error };
  }
  return withAnswer(attempt, input, result.completion, BATCH_TIER);
}

function outcomeOf({ position }: ProviderBatchItem, { status, cost_nanousd, error }: Execution): ItemOutcome {
  const state = status === "succeeded" ? status : "failed";
  return { position, state, cost_nanousd: cost_nanousd ?? 0, error };
}
