import type { Config } from "../config.ts";
import type { BudgetsObject } from "../domain/budgets/protocol/loan-messages.ts";
import { budgetedScopes, loadBudgets } from "../services/budgets/budgeted-scopes.ts";
import type { IsolatePlace } from "../domain/object-names.ts";
import { createNearBudgets } from "../services/budgets/near-budgets.ts";
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
  { largeTenants }: Config,
  { place, tenants, tenantRecords }: { place: IsolatePlace; tenants: TenantRepository; tenantRecords: TenantRecords },
) {
  const named = (name: string) => env.TENANT_BUDGETS.getByName(name);
  const objectOf = (tenantId: string): BudgetsObject => named(tenantId);
  const runtime = { ...clock, defer, onFault: report };
  const lenderOf = createNearBudgets(runtime, { place, largeTenants, named });
  const deps = { objectOf, tenants, tenantRecords };
  const newId = () => crypto.randomUUID();
  const reserveMoney = createReserveMoney({ ...runtime, objectOf: lenderOf, newId, sleep });
  return {
    providerBatchBudgets: { scopesOf: bind(budgetedScopes, deps), objectOf },
    openBudget: createOpenBudget({ ...deps, reserveMoney }),
    setBudget: bind(setBudget, deps),
    listBudgets: bind(listBudgets, deps),
    removeBudget: bind(removeBudget, deps),
    loadBudgets: bind(loadBudgets, deps),
  };
}
