import type { BudgetsObject } from "../domain/budgets/protocol/loan-messages.ts";
import { budgetedScopes, loadBudgets } from "../services/budgets/budgeted-scopes.ts";
import { createOpenBudget } from "../services/budgets/open-budget.ts";
import { createReserveMoney } from "../services/budgets/reserve-money.ts";
import { listBudgets, removeBudget, setBudget } from "../services/budgets/change-budgets.ts";
import type { TenantRecords } from "../services/tenants/tenant-records.ts";
import type { TenantRepository } from "../storage/tenants/tenants.ts";
import { bind } from "./bind.ts";
import { clock, defer, report, sleep } from "./runtime.ts";

/** The use cases of budgets. */
export type BudgetServices = ReturnType<typeof buildBudgets>;

/** Builds the use cases of budgets. */
export function buildBudgets(
  env: Env,
  { tenants, tenantRecords }: { tenants: TenantRepository; tenantRecords: TenantRecords },
) {
  const objectOf = (tenantId: string): BudgetsObject => env.TENANT_BUDGETS.getByName(tenantId);
  const deps = { objectOf, tenants, tenantRecords };
  const newId = () => crypto.randomUUID();
  const reserveMoney = createReserveMoney({ ...clock, objectOf, newId, sleep, defer, onFault: report });
  return {
    providerBatchBudgets: { scopesOf: bind(budgetedScopes, deps), objectOf },
    openBudget: createOpenBudget({ ...deps, reserveMoney }),
    setBudget: bind(setBudget, deps),
    listBudgets: bind(listBudgets, deps),
    removeBudget: bind(removeBudget, deps),
    loadBudgets: bind(loadBudgets, deps),
  };
}
