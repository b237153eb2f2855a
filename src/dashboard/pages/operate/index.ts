export { UsagePage } from "./usage.tsx";
export { BudgetsPage } from "./budgets.tsx";
export { LimitsPage } from "./limits.tsx";
export { CachePage } from "./cache.tsx";
