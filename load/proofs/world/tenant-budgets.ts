import type { Budget } from "../../../src/domain/budgets/budget.ts";

/** The tenant with budgets. It has no part in filling keys, which its budgets would refuse. */
export const BUDGETED_TENANT = "ten_c";
/** One in this number of all requests and batches is of the tenant with budgets. */
export const BUDGETED_EVERY = 5;

/** Its budgets, small enough to be met by its requests. */
export const BUDGETS: readonly Budget[] = [
  budgetOf("tenant", { daily_nanousd: 24_000_000, monthly_nanousd: 28_000_000 }),
  budgetOf("key:key_1", { monthly_nanousd: 22_000_000 }),
  budgetOf("prompt:short", { daily_nanousd: 4_000_000 }),
];

/**
 * The tenant of a request or batch by its name, a letter and a number: the one that was drawn, or
 * the one with budgets.
 */
export function tenantFor(name: string, drawn: string): string {
  return Number(name.slice(1)) % BUDGETED_EVERY === 0 ? BUDGETED_TENANT : drawn;
}

function budgetOf(scope: string, limits: Partial<Budget>): Budget {
  return { scope, daily_nanousd: null, monthly_nanousd: null, alerts: [], ...limits };
}
