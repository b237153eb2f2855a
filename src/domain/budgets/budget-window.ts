/** The windows of a budget. Both begin at midnight UTC. */
export const BUDGET_WINDOWS = ["daily", "monthly"] as const;
/** One of {@link BUDGET_WINDOWS}. */
export type BudgetWindow = (typeof BUDGET_WINDOWS)[number];

const DAY_MS = 86_400_000;

/** When the window that contains `at` began. Unix ms, as all times here. */
export function windowStart(window: BudgetWindow, at: number): number {
  if (window === "daily") return Math.floor(at / DAY_MS) * DAY_MS;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** When the window that contains `at` ends and the next one begins. */
export function windowEnd(window: BudgetWindow, at: number): number {
  if (window === "daily") return windowStart("daily", at) + DAY_MS;
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
