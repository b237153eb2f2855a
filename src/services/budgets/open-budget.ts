import { withBoundedOutput, worstCostOf } from "../../domain/budgets/worst-cost.ts";
import type { Candidate } from "../../domain/completions/candidate.ts";
import { hasProviderTools } from "../../domain/completions/provider-tools.ts";
import { priceRequestOf } from "../../domain/completions/tenant-price.ts";
import type { CompletionInput, CompletionParameters } from "../../domain/completions/completion.ts";
import { type AppError, invalid } from "../../domain/errors.ts";
import { type TraceContext, traceparentOf } from "../../domain/trace-context.ts";
import { budgetedScopes, type BudgetedScopesDeps } from "./budgeted-scopes.ts";
import type { MoneyCall, ReservedMoney, ReserveMoney } from "./reserve-money.ts";

/** An execution that may spend money. */
export interface SpendingExecution {
  tenant_id: string;
  key_id: string;
  prompt_name: string;
  /** Where it stands in a trace, which alerts name. */
  trace?: TraceContext;
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
 * applies and nobody could say what a candidate costs at most: it has no known price, or tools
 * that run at its provider.
 */
export type OpenBudget = (
  execution: SpendingExecution,
  candidates: readonly Candidate[],
  parameters: CompletionParameters,
) => Promise<ExecutionBudget | null>;

/** Builds {@link OpenBudget}. */
export function createOpenBudget(deps: BudgetedScopesDeps & { reserveMoney: ReserveMoney }): OpenBudget {
  return async function openBudget(execution, candidates, parameters) {
    const { tenant_id, trace } = execution;
    const scopes = await budgetedScopes(deps, tenant_id, execution);
    if (scopes.length === 0) return null;
    requireBounds(candidates, parameters);
    const traceparent = trace && traceparentOf(trace);
    return {
      bound: withBoundedOutput,
      async reserve({ candidate, input, ...call }) {
        const amount = worstCostOf(candidate, input);
        if (amount === null) throw unbounded(candidate, input.parameters);
        return { ...(await deps.reserveMoney({ ...call, tenant_id, scopes, amount, traceparent })), reserved: amount };
      },
    };
  };
}

function requireBounds(candidates: readonly Candidate[], parameters: CompletionParameters): void {
  const without = candidates.find((candidate) => worstCostOf(candidate, { messages: [], parameters }) === null);
  if (without) throw unbounded(without, parameters);
}

/** The refusal of a call of which nobody could tell what it costs at most. */
export function unbounded(candidate: Candidate, parameters: CompletionParameters): AppError {
  if (hasProviderTools(candidate, parameters)) {
    const message = `\`${candidate.model}\` may use tools of its provider any number of times, so no budget can hold`;
    return invalid([{ path: "parameters.provider_options", message }]);
  }
  const message = `\`${candidate.model}\` has no known price, so no budget can hold: ${priceRequestOf(candidate)}`;
  return invalid([{ path: "model", message }]);
}
