import { type Budget, type BudgetState, keyIdOf } from "../../domain/budgets/budget.ts";
import type { BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import { notFound } from "../../domain/errors.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import { presentAuthor } from "../audit/act-as.ts";
import type { TenantRecords } from "../tenants/tenant-records.ts";

/** What changing and reading a tenant's budgets needs. */
export interface BudgetDeps {
  objectOf(tenantId: string): Pick<BudgetsObject, "budgets" | "change" | "states">;
  tenants: Pick<TenantRepository, "findKey">;
  tenantRecords: Pick<TenantRecords, "load" | "refreshByEpoch">;
}

/** Sets the budget of a scope. Returns whether it is new. Throws `not_found` for a missing key. */
export async function setBudget(deps: BudgetDeps, tenantId: string, budget: Budget): Promise<boolean> {
  const keyId = keyIdOf(budget.scope);
  const key = keyId === null ? undefined : await deps.tenants.findKey(keyId);
  const isLive = key !== undefined && key.tenant_id === tenantId && key.revoked_at === null;
  if (keyId !== null && !isLive) throw notFound("key");
  const existed = await deps.objectOf(tenantId).change(budget.scope, budget, presentAuthor());
  await deps.tenantRecords.refreshByEpoch(tenantId);
  return !existed;
}

/** Removes the budget of a scope. Throws `not_found` where it has none. */
export async function removeBudget(deps: BudgetDeps, tenantId: string, scope: string): Promise<void> {
  // A key's own budget is removed even where no call has made it known yet.
  await deps.tenantRecords.load(tenantId);
  const existed = await deps.objectOf(tenantId).change(scope, null, presentAuthor());
  if (!existed) throw notFound("budget");
  await deps.tenantRecords.refreshByEpoch(tenantId);
}

/** How a tenant's budgets stand, those of its keys included. */
export async function listBudgets(deps: BudgetDeps, tenantId: string): Promise<BudgetState[]> {
  await deps.tenantRecords.load(tenantId);
  return deps.objectOf(tenantId).states();
}
