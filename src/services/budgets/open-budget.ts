import { withBoundedOutput, worstCostOf } from "../../domain/budgets/worst-cost.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import { priceRequestOf } from "../../domain/completions/tenant-price.ts";
import type { CompletionInput } from "../../domain/completions/completion.ts";
import { type AppError, invalid } from "../../domain/errors.ts";
import { budgetedScopes, type BudgetedScopesDeps } from "./budgeted-scopes.ts";
import type { MoneyCall, ReservedMoney, ReserveMoney } from "./reserve-money.ts";

/** An execution that may spend money. */
export interface SpendingExecution {
  tenant_id: string;
  key_id: string;
  prompt_name: string;
}

/** A call that is about to be made for an execution. */
export interface CallToPay extends Pick<MoneyCall, "patience_ms" | "ends_by" | "signal"> {
  candidate: Candidate;
  input: CompletionInput;
}

/** Money for one call, and how much of it is reserved, in nano-dollars. */
export interface CallMoney extends ReservedMoney {
  reserved: number;
}

/** The budgets that one execution spends from. */
export interface ExecutionBudget {
  /** The input with its output bounded, so that the worst case of a call is known. */
  bound(input: CompletionInput): CompletionInput;
  /** Reserves the worst case of one call. Throws what {@link ReserveMoney} throws. */
  reserve(call: CallToPay): Promise<CallMoney>;
}

/**
 * The budgets of an execution, or null where none applies. Throws `validation_error` where one
 * applies and a candidate has no known price: nobody could say what it costs.
 */
export type OpenBudget = (
  execution: SpendingExecution,
  candidates: readonly Candidate[],
) => Promise<ExecutionBudget | null>;

/** Builds {@link OpenBudget}. */
export function createOpenBudget(deps: BudgetedScopesDeps & { reserveMoney: ReserveMoney }): OpenBudget {
  return async function openBudget(execution, candidates) {
    const { tenant_id } = execution;
    const scopes = await budgetedScopes(deps, tenant_id, execution);
    if (scopes.length === 0) return null;
    requirePrices(candidates);
    return {
      bound: withBoundedOutput,
      async reserve({ candidate, input, ...call }) {
        const amount = worstCostOf(candidate, input);
        if (amount === null) throw unpriced(candidate);
        return { ...(await deps.reserveMoney({ ...call, tenant_id, scopes, amount })), reserved: amount };
      },
    };
  };
}

const NOTHING: CompletionInput = { messages: [], parameters: {} };

function requirePrices(candidates: readonly Candidate[]): void {
  const without = candidates.find((candidate) => worstCostOf(candidate, NOTHING) === null);
  if (without) throw unpriced(without);
}

/** The refusal of a call whose cost nobody could tell. */
export function unpriced(candidate: Candidate): AppError {
  const message = `\`${candidate.model}\` has no known price, so no budget can hold: ${priceRequestOf(candidate)}`;
  return invalid([{ path: "model", message }]);
}
