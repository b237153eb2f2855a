import type { BudgetsObject } from "../domain/budgets/protocol/loan-messages.ts";
import { budgetedScopes, loadBudgets, refreshBudgets } from "../services/budgets/budgeted-scopes.ts";
import { createOpenBudget } from "../services/budgets/open-budget.ts";
import { createReserveMoney } from "../services/budgets/reserve-money.ts";
import { type BudgetDeps, listBudgets, removeBudget, setBudget } from "../services/budgets/change-budgets.ts";
import type { TenantRepository } from "../storage/tenants/tenants.ts";
import { bind } from "./bind.ts";
import type { Caches } from "./caches.ts";
import { clock, defer, report, sleep } from "./runtime.ts";

/** The use cases of budgets. */
export type BudgetServices = ReturnType<typeof buildBudgets>;

/** Builds the use cases of budgets. */
export function buildBudgets(
  env: Env,
  { tenants, records, staleness }: { tenants: TenantRepository } & Pick<Caches, "records" | "staleness">,
) {
  const objectOf = (tenantId: string): BudgetsObject => env.TENANT_BUDGETS.getByName(tenantId);
  const deps: BudgetDeps = { objectOf, tenants, records, staleness: staleness.keys };
  const newId = () => crypto.randomUUID();
  const reserveMoney = createReserveMoney({ ...clock, objectOf, newId, sleep, defer, onFault: report });
  return {
    providerBatchBudgets: { scopesOf: bind(budgetedScopes, deps), objectOf },
    openBudget: createOpenBudget({ ...deps, reserveMoney }),
    setBudget: bind(setBudget, deps),
    listBudgets: bind(listBudgets, deps),
    removeBudget: bind(removeBudget, deps),
    refreshBudgets: bind(refreshBudgets, deps),
    loadBudgets: bind(loadBudgets, deps),
  };
}
