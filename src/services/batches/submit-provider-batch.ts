import type { ItemOutcome } from "../../domain/batches/batch-record.ts";
import { customIdOf, MAX_SUBMITS, nonceOf, pollDelay, submitDelay } from "../../domain/batches/provider-batch.ts";
import { AppError } from "../../domain/errors.ts";
import { startDeadline } from "../../lib/deadline.ts";
import type { EncodedLine, SubmissionFound } from "../../providers/batch-provider.ts";
import type { ProviderCall } from "../../providers/provider.ts";
import type { ProviderBatchChange, ProviderBatchItem } from "../../storage/batches/provider-batches.ts";
import { withBoundedOutput } from "../../domain/budgets/worst-cost.ts";
import { moneyOf, type ProviderBatchMoney } from "./provider-batch-money.ts";
import type { ResolvedPrompt } from "../prompts/resolve-prompt.ts";
import {
  inputOf,
  type ClaimedProviderBatch,
  promptOf,
  type ProviderBatchDeps,
  providerBatchError,
  renewClaim,
} from "./provider-batch-work.ts";

/** The result of a submission. `give_up`: the items must go through the queue, for this reason. */
export type SubmitResult = "running" | "later" | "nothing to do" | { give_up: AppError };

/** Items in one read. */
const PAGE = 100;
/** An upload that takes longer is aborted and begun again later. */
const LONGEST_SUBMIT_MS = 540_000;
/** How long a row may wait for money: its time at the provider counts from its opening. */
const LONGEST_WAIT_MS = 3_600_000;
/** How much longer the claim lasts: what is aborted may be on its way to the provider still. */
const ON_ITS_WAY_MS = 60_000;

/**
 * Submits a claimed provider batch exactly once: before a second try it looks for the first one at
 * the provider. Throws ClaimLost, and what storage throws.
 */
export async function submitProviderBatch(
  deps: ProviderBatchDeps,
  claimed: ClaimedProviderBatch,
): Promise<SubmitResult> {
  const { provider } = claimed.row;
  const overdue = () => new AppError("timeout", `${provider} did not take the batch in time.`, { retryable: true });
  const deadline = startDeadline(LONGEST_SUBMIT_MS, overdue);
  const call = { apiKey: claimed.apiKey, signal: deadline.signal };
  const submission = new Submission(deps, claimed, call);
  try {
    return await submission.run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (!error.retryable && submission.isFirst) return { give_up: error };
    deps.onError(claimed.row.id, error);
    const wait = submitDelay(claimed.row.submits, error.retryAfterMs);
    await deps.store.update(claimed.row, { next_poll_at: deps.now() + wait });
    return "later";
  } finally {
    deadline.clear();
  }
}

/** One try to submit a provider batch, and the items that went into it. */
class Submission {
  readonly #deps: ProviderBatchDeps;
  readonly #claimed: ClaimedProviderBatch;
  readonly #call: ProviderCall;
  readonly #endsAt: number;
  /** Whether it is certain that the provider has no earlier submission. */
  isFirst = false;
  /** Characters sent. */
  #size = 0;
  /** Position of the last item that was sent or failed. */
  #last = -1;
  /** What the items are paid from; null where no budget applies. */
  #money: ProviderBatchMoney | null = null;
  /** Whether the next item waits for money that may come back. */
  #isShort = false;
  /** Items that cannot be sent at all. */
  readonly #failed: ItemOutcome[] = [];
  /** What broke the lines off. */
  #broken: unknown;

  constructor(deps: ProviderBatchDeps, claimed: ClaimedProviderBatch, call: ProviderCall) {
    this.#deps = deps;
    this.#claimed = claimed;
    this.#call = call;
    this.#endsAt = deps.now() + LONGEST_SUBMIT_MS;
  }

  async run(): Promise<SubmitResult> {
    const { row, batch } = this.#claimed;
    const found = await this.#findEarlier();
    if (typeof found === "object") return this.#markRunning(found.id);
    if (found === "unsure") return this.#tryLater({});
    this.isFirst = true;
    if (batch.cancelled) return "nothing to do";
    if (row.submits > MAX_SUBMITS) return { give_up: new AppError("provider_error", "The provider takes no batch.") };
    this.#money = await moneyOf(this.#deps, this.#claimed);
    const lines = this.#lines(await promptOf(this.#deps, batch));
    const first = await lines.next();
    if (first.done === true) {
      if (this.#money?.short) return { give_up: this.#money.short };
      // The row keeps its items: to take them anew every minute would write each of them twice.
      // Only another row has a loan of the present day, and most of the provider's day still before
      // it.
      const isOld = this.#deps.now() - row.created_at > LONGEST_WAIT_MS || this.#money?.isOver === true;
      if (this.#isShort && !isOld) return this.#tryLater({ submits: row.submits - 1 });
      await this.#setApart();
      return "nothing to do";
    }
    const id = await this.#send(first.value, lines);
    // The id is written down before anything else: until then, only a search can find the batch.
    const state = await this.#markRunning(id);
    await this.#setApart();
    return state;
  }

  /** Nothing was sent. The row is due again later. */
  async #tryLater(change: ProviderBatchChange): Promise<SubmitResult> {
    const { row } = this.#claimed;
    const now = this.#deps.now();
    await this.#deps.store.update(row, { ...change, next_poll_at: now + pollDelay(now - row.created_at) });
    return "later";
  }

  async #findEarlier(): Promise<SubmissionFound> {
    const { row } = this.#claimed;
    if (row.submits <= 1) return "none";
    const others = await this.#deps.store.submittedSince(row.created_at);
    const intent = { nonce: nonceOf(row.id), since: row.created_at, at_most: row.items, others };
    return this.#deps.providers[row.provider].find(intent, this.#call);
  }

  async #send(first: EncodedLine, rest: AsyncGenerator<EncodedLine>): Promise<string> {
    const { row } = this.#claimed;
    try {
      return await this.#deps.providers[row.provider].submit(nonceOf(row.id), this.#resumed(first, rest), this.#call);
    } catch (error) {
      // A body that ends early looks malformed to the provider, so its refusal says nothing.
      throw this.#broken ?? error;
    }
  }

  async *#resumed(first: EncodedLine, rest: AsyncGenerator<EncodedLine>): AsyncGenerator<EncodedLine> {
    yield first;
    try {
      yield* rest;
    } catch (error) {
      this.#broken = error;
      throw error;
    }
  }

  /** What is sent, while it is sent. */
  async *#lines(prompt: ResolvedPrompt): AsyncGenerator<EncodedLine> {
    yield* this.#linesThatFit(prompt);
    // The last bytes may go out only if no other worker has taken over in the meantime, and none
    // may before they have arrived, or are given up.
    if (this.#size > 0) await renewClaim(this.#deps, this.#claimed, this.#endsAt + ON_ITS_WAY_MS);
  }

  /** Encodes the items, up to the limits of size and of money, and notes those that fail. */
  async *#linesThatFit(prompt: ResolvedPrompt): AsyncGenerator<EncodedLine> {
    const { store, maxSize } = this.#deps;
    for (;;) {
      const items = await store.held(this.#claimed.row, this.#last, PAGE);
      const encoded = items.map((item) => ({ item, line: this.#encode(prompt, item) }));
      const good = encoded.flatMap(({ line }) => (line instanceof AppError ? [] : [line]));
      let paid = this.#money ? await this.#money.reserve(good.map(({ worst }) => worst)) : good.length;
      for (const { item, line } of encoded) {
        if (line instanceof AppError) this.#failed.push(failedItem(item, line));
        else if (paid === 0) {
          this.#isShort = true;
          return;
        } else if (this.#size > 0 && this.#size + line.json.length > maxSize) return;
        else {
          paid -= 1;
          this.#size += line.json.length;
          yield line;
        }
        this.#last = item.position;
      }
      if (items.length < PAGE) return;
      await renewClaim(this.#deps, this.#claimed);
    }
  }

  /** The line of an item, and the most that it can cost where a budget applies. */
  #encode(prompt: ResolvedPrompt, item: ProviderBatchItem): (EncodedLine & { worst: number }) | AppError {
    const { row, batch } = this.#claimed;
    const { provider, model } = row;
    try {
      const asked = inputOf(prompt, batch, item);
      const input = this.#money ? withBoundedOutput(asked) : asked;
      const request = { ...input, provider, model };
      const line = this.#deps.providers[provider].encode({ custom_id: customIdOf(row.id, item.position), request });
      return { ...line, worst: this.#money?.worstOf(input) ?? 0 };
    } catch (error) {
      return providerBatchError(error);
    }
  }

  async #markRunning(providerBatchId: string): Promise<SubmitResult> {
    const now = this.#deps.now();
    await this.#deps.store.update(this.#claimed.row, {
      state: "running",
      provider_batch_id: providerBatchId,
      submitted_at: now,
      next_poll_at: now + pollDelay(0),
    });
    return "running";
  }

  /** Ends the items that cannot be sent; those that did not fit go into another batch. */
  async #setApart(): Promise<void> {
    const { row, batch } = this.#claimed;
    const { store } = this.#deps;
    const now = this.#deps.now();
    const ended =
      (await store.finish(row, this.#failed, [], now)) ||
      (await store.release(row, { after: this.#last, unstarted: true }, now));
    if (ended) await this.#deps.onEnded(batch.tenant_id, batch.id);
  }
}

function failedItem({ position }: ProviderBatchItem, { code, detail }: AppError): ItemOutcome {
  return { position, state: "failed", cost_nanousd: 0, error: { code, detail } };
}
