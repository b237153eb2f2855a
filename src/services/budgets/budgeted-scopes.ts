import { type Budget, DEFAULT_ALERTS, keyScopeOf, nanousdOf, scopesOf } from "../../domain/budgets/budget.ts";
import type { BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import type { TenantRows } from "../../storage/tenants/tenant-records.ts";
import { withPatience } from "../../lib/deadline.ts";
import type { TenantRecords } from "../tenants/tenant-records.ts";
import { unanswered } from "./reserve-money.ts";

/**
 * How long the object may take to tell the budgets, ms. Executions wait for it after each change.
 */
const ANSWER_WITHIN_MS = 3_000;

/** What the scopes of a tenant's budgets are read with. */
export interface BudgetedScopesDeps {
  tenantRecords: Pick<TenantRecords, "read">;
}

/** {@link budgetedScopes} with its dependencies filled in. */
export type BudgetedScopes = (
  tenantId: string,
  execution: { key_id: string; prompt_name: string },
) => Promise<string[]>;

/**
 * The scopes of an execution that have a budget. An isolate knows a tenant's budgets by its record,
 * so an execution without one asks nobody.
 */
export async function budgetedScopes(
  { tenantRecords }: BudgetedScopesDeps,
  tenantId: string,
  execution: { key_id: string; prompt_name: string },
): Promise<string[]> {
  const record = await tenantRecords.read(tenantId);
  return scopesOf(execution).filter((scope) => record?.budget_scopes.includes(scope));
}

/**
 * Asks a tenant's object for the scopes that have a budget. Keys carry budgets from their creation;
 * the object learns of them here, however old they are. Throws AppError `provider_overloaded` where
 * it does not answer.
 */
export async function askBudgetScopes(
  { objectOf }: { objectOf: (tenantId: string) => Pick<BudgetsObject, "budgets"> },
  tenantId: string,
  { budgeted_keys }: Pick<TenantRows, "budgeted_keys">,
): Promise<string[]> {
  const ofKeys = budgeted_keys.map(({ id, daily_budget_usd, monthly_budget_usd }): Budget => ({
    scope: keyScopeOf(id),
    daily_nanousd: nanousdOf(daily_budget_usd),
    monthly_nanousd: nanousdOf(monthly_budget_usd),
    alerts: DEFAULT_ALERTS,
  }));
  const budgets = await withPatience(objectOf(tenantId).budgets(ofKeys), ANSWER_WITHIN_MS, unanswered);
  return budgets.map(({ scope }) => scope);
}

/** All budgets of a tenant as they are now. */
export async function loadBudgets({ tenantRecords, objectOf }: LoadBudgetsDeps, tenantId: string): Promise<Budget[]> {
  // The object learns here of the budgets that keys were created with.
  await tenantRecords.load(tenantId);
  return objectOf(tenantId).budgets([]);
}

/** What {@link loadBudgets} needs. */
interface LoadBudgetsDeps {
  tenantRecords: Pick<TenantRecords, "load">;
  objectOf: (tenantId: string) => Pick<BudgetsObject, "budgets">;
}
