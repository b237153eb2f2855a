import { type Budget, keyScopeOf, usdOf } from "../../domain/budgets/budget.ts";
import type { ApiKey } from "./issue-key.ts";

/** What {@link withBudgets} needs. */
export interface KeyBudgetDeps {
  /** All budgets of a tenant, those that its keys were created with included. */
  loadBudgets(tenantId: string): Promise<Budget[]>;
}

/** Keys with the budgets that hold now. A key's row has those that it was created with. */
export async function withBudgets(deps: KeyBudgetDeps, tenantId: string, keys: readonly ApiKey[]): Promise<ApiKey[]> {
  const budgets = new Map((await deps.loadBudgets(tenantId)).map((budget) => [budget.scope, budget]));
  return keys.map((key) => {
    const budget = budgets.get(keyScopeOf(key.id));
    return {
      ...key,
      daily_budget_usd: usdOf(budget?.daily_nanousd),
      monthly_budget_usd: usdOf(budget?.monthly_nanousd),
    };
  });
}
