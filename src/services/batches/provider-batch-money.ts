import { PROVIDER_BATCH_LEASE_MS, type ProviderBatch } from "../../domain/batches/provider-batch.ts";
import type { BudgetsObject, LoanQuestion } from "../../domain/budgets/protocol/loan-messages.ts";
import { worstCostOf } from "../../domain/budgets/worst-cost.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import { type OwnPrices, ownPrice } from "../../domain/completions/tenant-price.ts";
import type { AppError } from "../../domain/errors.ts";
import { unbounded } from "../budgets/open-budget.ts";
import { exceeded } from "../budgets/reserve-money.ts";
import type { ClaimedProviderBatch, ProviderBatchDeps } from "./provider-batch-work.ts";

/** How long a loan outlives the lease of its provider batch, in ms. */
const MARGIN_MS = 3_600_000;

/**
 * The money of one provider batch: a loan of its own, with the id of its row, that lives as long as
 * the provider may work. It belongs to the windows of the day of its submission. A repeated
 * submission finds what an earlier one was lent. A batch whose end is never known counts at all
 * that was reserved for its items.
 */
export class ProviderBatchMoney {
  readonly #object: Pick<BudgetsObject, "ask">;
  readonly #row: ProviderBatch;
  readonly #scopes: readonly string[];
  readonly #prices: OwnPrices;
  /** Numbers the questions of this try: higher than those of any earlier one. Unix ms. */
  readonly #startedAt: number;
  #granted = 0;
  #reserved = 0;
  #questions = 0;

  /**
   * Why an item cannot fit in this window. Undefined also where what it needs is lent and may come
   * back: from earlier batches at the provider, or from calls.
   */
  short: AppError | undefined;
  /** Whether the loan gets nothing more, because the day that it is of has passed. */
  isOver = false;

  constructor(
    object: Pick<BudgetsObject, "ask">,
    row: ProviderBatch,
    { scopes, prices, now }: { scopes: readonly string[]; prices: OwnPrices; now: number },
  ) {
    this.#object = object;
    this.#row = row;
    this.#scopes = scopes;
    this.#prices = prices;
    this.#startedAt = now;
  }

  /** The most that an item can cost. Throws `validation_error` where nobody knows. */
  worstOf(input: CompletionInput): number {
    const { provider, model } = this.#row;
    const price = ownPrice(this.#prices, provider, model);
    const candidate = { provider, model, ...(price && { price }) };
    const worst = worstCostOf(candidate, input, { isBatch: true });
    if (worst === null) throw unbounded(candidate, input.parameters);
    return worst;
  }

  /** Reserves amounts in their order, as far as the budgets go. Returns how many fit. */
  async reserve(amounts: readonly number[]): Promise<number> {
    if (this.#questions === 0) {
      const { granted, over } = await this.#ask(1, []);
      this.#granted = granted;
      this.isOver = over;
    }
    let left = this.#granted - this.#reserved;
    const needs = amounts.flatMap((amount) => {
      const missing = Math.max(0, amount - left);
      left = Math.max(0, left - amount);
      return missing > 0 ? [missing] : [];
    });
    if (needs.length > 0) {
      const { granted, short } = await this.#ask(this.#startedAt + this.#questions, needs);
      this.#granted = granted;
      const least = Math.min(...amounts);
      if (short && least > short.unspent) this.short = exceeded(short, least);
    }
    let count = 0;
    for (const amount of amounts) {
      if (this.#reserved + amount > this.#granted) break;
      this.#reserved += amount;
      count += 1;
    }
    return count;
  }

  async #ask(seq: number, needs: readonly number[]) {
    this.#questions += 1;
    return this.#object.ask({ ...this.#question, seq, needs });
  }

  get #question(): Omit<LoanQuestion, "seq" | "needs"> {
    const life_ms = PROVIDER_BATCH_LEASE_MS + MARGIN_MS;
    return { loan: this.#row.id, scopes: this.#scopes, spent: 0, returned: 0, ahead: 0, life_ms };
  }
}

/** The money of a provider batch; null where no budget applies. */
export async function moneyOf(
  deps: Pick<ProviderBatchDeps, "budgets" | "pricesOf" | "now">,
  { row, batch }: Pick<ClaimedProviderBatch, "row" | "batch">,
): Promise<ProviderBatchMoney | null> {
  const scopes = await scopesOf(deps, batch);
  if (scopes.length === 0) return null;
  const prices = await deps.pricesOf(row.tenant_id);
  return new ProviderBatchMoney(deps.budgets.objectOf(row.tenant_id), row, { scopes, prices, now: deps.now() });
}

/**
 * Settles the loan of a provider batch that has ended at what its items cost, and gives the rest
 * back. Where the budgets do not answer, all of it counts as spent in the end.
 */
export async function settleMoney(
  deps: Pick<ProviderBatchDeps, "budgets" | "onError">,
  { row, batch }: Pick<ClaimedProviderBatch, "row" | "batch">,
  spent: number,
): Promise<void> {
  try {
    const scopes = await scopesOf(deps, batch);
    if (scopes.length === 0) return;
    const report = { loan: row.id, scopes, spent, returned: Number.MAX_SAFE_INTEGER, needs: [], ahead: 0 };
    await deps.budgets.objectOf(row.tenant_id).ask({ ...report, seq: 2, life_ms: MARGIN_MS });
  } catch (error) {
    deps.onError(row.id, error);
  }
}

async function scopesOf({ budgets }: Pick<ProviderBatchDeps, "budgets">, batch: ClaimedProviderBatch["batch"]) {
  const { tenant_id, key_id, request } = batch;
  return budgets.scopesOf(tenant_id, { key_id, prompt_name: request.prompt.name });
}
