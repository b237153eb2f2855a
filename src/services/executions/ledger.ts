import type { Execution, Spent } from "../../domain/executions/execution.ts";
import type { Ask, Completion, ProviderName, Usage } from "../../domain/completions/completion.ts";
import { batchCost, priceOf } from "../../domain/usage/prices.ts";
import { estimateTokens } from "../../domain/completions/token-estimate.ts";

/** What an execution has spent so far, over all its attempts. `cost_nanousd` is null once any part has no known price. */
export interface Ledger {
  /** Counts one call to a provider. */
  attempt(): void;
  /** Books an answer; without usage from the provider the tokens are estimated from the text, and marked so. */
  book(provider: ProviderName, answer: Pick<Completion, "model" | "usage" | "text">, requestedModel: string): void;
  /** The sums, in the fields of an execution. */
  totals(): LedgerTotals;
}

/** The ledger's part of an execution. */
export type LedgerTotals = Spent & Pick<Execution, "attempts">;

/** An empty ledger for an execution that asks `ask`. */
export function openLedger(ask: Ask): Ledger {
  const totals: LedgerTotals = {
    attempts: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    cached_tokens: 0,
    usage_estimated: false,
    cost_nanousd: 0,
    price_table: null,
  };
  return {
    attempt() {
      totals.attempts += 1;
    },
    book(provider, answer, requestedModel) {
      const usage = answer.usage ?? estimateUsage(ask, answer.text);
      const price = priceOf(provider, answer.model, usage) ?? priceOf(provider, requestedModel, usage);
      totals.price_table = price?.table ?? totals.price_table;
      totals.prompt_tokens += usage.prompt_tokens;
      totals.completion_tokens += usage.completion_tokens;
      totals.cached_tokens += usage.cached_tokens ?? 0;
      totals.usage_estimated ||= answer.usage === null;
      totals.cost_nanousd = totals.cost_nanousd === null || !price ? null : totals.cost_nanousd + price.cost_nanousd;
    },
    totals: () => ({ ...totals }),
  };
}

/** A ledger for one answer that a provider's batch API gives: at its price. */
export function openBatchLedger(ask: Ask): Ledger {
  const ledger = openLedger(ask);
  return {
    ...ledger,
    totals() {
      const listed = ledger.totals();
      return { ...listed, cost_nanousd: listed.cost_nanousd === null ? null : batchCost(listed.cost_nanousd) };
    },
  };
}

function estimateUsage(ask: Ask, text: string): Usage {
  const prompt_tokens = estimateTokens(ask.messages);
  const completion_tokens = text === "" ? 0 : estimateTokens([{ role: "assistant", content: text }]);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
