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
 * How long a key's budget is kept after it was revoked or expired, in ms: longer than any work that
 * was accepted under the key, which the budget still bounds.
 */
const KEPT_AFTER_END_MS = 30 * 86_400_000;
/** The budgets of ended keys that one reading removes. */
const REMOVED_AT_ONCE = 50;

/** What {@link askBudgetScopes} needs. */
export interface AskBudgetScopesDeps extends Clock {
  objectOf(tenantId: string): Pick<BudgetsObject, "budgets" | "change">;
  keys: Pick<TenantRecordRepository, "endedBefore">;
}

/**
 * Asks a tenant's object for the scopes that have a budget. Keys carry budgets from their creation;
 * the object learns of them here, however old they are. Budgets of keys that ended long ago
 * are removed, so that the tenant's record does not grow with every key that it ever had. Throws
 * AppError `provider_overloaded` where the object does not answer.
 */
export async function askBudgetScopes(
  deps: AskBudgetScopesDeps,
  tenantId: string,
  { budgeted_keys }: Pick<TenantRows, "budgeted_keys">,
): Promise<string[]> {
  const before = deps.now() - KEPT_AFTER_END_MS;
  const lasting = budgeted_keys.filter(({ expires_at }) => expires_at === null || expires_at >= before);
  const ofKeys = lasting.map(({ id, daily_budget_usd, monthly_budget_usd }): Budget => ({
    scope: keyScopeOf(id),
    daily_nanousd: nanousdOf(daily_budget_usd),
    monthly_nanousd: nanousdOf(monthly_budget_usd),
    alerts: DEFAULT_ALERTS,
  }));
  const budgets = await withPatience(deps.objectOf(tenantId).budgets(ofKeys), ANSWER_WITHIN_MS, unanswered);
  const known = new Set(ofKeys.map(({ scope }) => scope));
  const others = budgets.flatMap(({ scope }) => (known.has(scope) ? [] : (keyIdOf(scope) ?? [])));
  const left = await removeEnded(deps, tenantId, others, before);
  return budgets.flatMap(({ scope }) => (left.has(scope) ? [] : scope));
}

/** Removes the budgets of those keys that ended before a time, Unix ms. Returns their scopes. */
async function removeEnded(
  deps: AskBudgetScopesDeps,
  tenantId: string,
  keyIds: readonly string[],
  before: number,
): Promise<ReadonlySet<string>> {
  if (keyIds.length === 0) return new Set();
  const ended = await deps.keys.endedBefore(tenantId, keyIds, before);
  const removed = ended.slice(0, REMOVED_AT_ONCE).map(keyScopeOf);
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
