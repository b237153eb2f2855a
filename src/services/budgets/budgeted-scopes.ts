import { type Budget, DEFAULT_ALERTS, keyIdOf, keyScopeOf, nanousdOf, scopesOf } from "../../domain/budgets/budget.ts";
import type { BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import type { TenantRecordRepository, TenantRows } from "../../storage/tenants/tenant-records.ts";
import type { Clock } from "../../lib/clock.ts";
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
 * How long after its revocation a key's budget is kept, in ms: longer than any work that was
 * accepted under the key, which the budget still bounds.
 */
const KEPT_AFTER_REVOCATION_MS = 30 * 86_400_000;
/** The budgets of revoked keys that one reading removes. */
const REMOVED_AT_ONCE = 50;

/** What {@link askBudgetScopes} needs. */
export interface AskBudgetScopesDeps extends Clock {
  objectOf(tenantId: string): Pick<BudgetsObject, "budgets" | "change">;
  keys: Pick<TenantRecordRepository, "revokedBefore">;
}

/**
 * Asks a tenant's object for the scopes that have a budget. Keys carry budgets from their creation;
 * the object learns of them here, however old they are. Budgets of keys that were revoked long ago
 * are removed, so that the tenant's record does not grow with every key that it ever had. Throws
 * AppError `provider_overloaded` where the object does not answer.
 */
export async function askBudgetScopes(
  deps: AskBudgetScopesDeps,
  tenantId: string,
  { budgeted_keys }: Pick<TenantRows, "budgeted_keys">,
): Promise<string[]> {
  const ofKeys = budgeted_keys.map(({ id, daily_budget_usd, monthly_budget_usd }): Budget => ({
    scope: keyScopeOf(id),
    daily_nanousd: nanousdOf(daily_budget_usd),
    monthly_nanousd: nanousdOf(monthly_budget_usd),
    alerts: DEFAULT_ALERTS,
  }));
  const object = deps.objectOf(tenantId);
  const budgets = await withPatience(object.budgets(ofKeys), ANSWER_WITHIN_MS, unanswered);
  const scopes = budgets.map(({ scope }) => scope);
  const left = await removeRevoked(deps, tenantId, scopes, new Set(ofKeys.map(({ scope }) => scope)));
  return scopes.filter((scope) => !left.has(scope));
}

/** Removes budgets of keys that were revoked long ago. Returns their scopes. */
async function removeRevoked(
  deps: AskBudgetScopesDeps,
  tenantId: string,
  scopes: readonly string[],
  live: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const candidates = scopes.flatMap((scope) => (live.has(scope) ? [] : (keyIdOf(scope) ?? [])));
  if (candidates.length === 0) return new Set();
  const ids = candidates.slice(0, REMOVED_AT_ONCE);
  const revoked = await deps.keys.revokedBefore(tenantId, ids, deps.now() - KEPT_AFTER_REVOCATION_MS);
  const removed = revoked.map(keyScopeOf);
  // One that is not removed now is found again at the next reading.
  await Promise.allSettled(removed.map(async (scope) => deps.objectOf(tenantId).change(scope, null)));
  return new Set(removed);
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
