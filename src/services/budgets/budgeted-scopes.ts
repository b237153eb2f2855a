import type { RecordCache, Staleness } from "../../cache/records.ts";
import { type Budget, DEFAULT_ALERTS, keyScopeOf, nanousdOf, scopesOf } from "../../domain/budgets/budget.ts";
import type { BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";

/** What the record of a tenant's budgets is read with. */
export interface BudgetRecordDeps {
  records: Pick<RecordCache, "read" | "refresh">;
  /** The allowed age of a copy: how long a new budget may be unknown elsewhere. */
  staleness: Staleness;
  tenants: Pick<TenantRepository, "budgetedKeys">;
  objectOf(tenantId: string): Pick<BudgetsObject, "budgets">;
}

/** {@link budgetedScopes} with its dependencies filled in. */
export type BudgetedScopes = (
  tenantId: string,
  execution: { key_id: string; prompt_name: string },
) => Promise<string[]>;

/**
 * The scopes of an execution that have a budget. An isolate knows a tenant's budgets by a cached
 * record, so an execution without one asks nobody.
 */
export async function budgetedScopes(
  deps: BudgetRecordDeps,
  tenantId: string,
  execution: { key_id: string; prompt_name: string },
): Promise<string[]> {
  const { records, staleness } = deps;
  const load = async () => loadScopes(deps, tenantId);
  const { value } = await records.read<string[]>(recordKey(tenantId), { staleness, load });
  return value === null ? [] : scopesOf(execution).filter((scope) => value.includes(scope));
}

/** Makes a change of a tenant's budgets known here at once, and elsewhere within the staleness. */
export async function refreshBudgets(deps: BudgetRecordDeps, tenantId: string): Promise<void> {
  await deps.records.refresh(recordKey(tenantId), async () => loadScopes(deps, tenantId));
}

async function loadScopes(deps: BudgetRecordDeps, tenantId: string): Promise<string[]> {
  return (await loadBudgets(deps, tenantId)).map(({ scope }) => scope);
}

/**
 * All budgets of a tenant as they are now. Keys carry budgets from their creation; the object learns
 * of them here, however old they are.
 */
export async function loadBudgets(
  deps: Pick<BudgetRecordDeps, "tenants" | "objectOf">,
  tenantId: string,
): Promise<Budget[]> {
  const keys = await deps.tenants.budgetedKeys(tenantId);
  const ofKeys = keys.map(({ id, daily_budget_usd, monthly_budget_usd }): Budget => ({
    scope: keyScopeOf(id),
    daily_nanousd: nanousdOf(daily_budget_usd),
    monthly_nanousd: nanousdOf(monthly_budget_usd),
    alerts: DEFAULT_ALERTS,
  }));
  return deps.objectOf(tenantId).budgets(ofKeys);
}

function recordKey(tenantId: string): string {
  return `budgets/${tenantId}`;
}
