import type { ObservedExecution } from "../../harness/execution.ts";

/** Totals of executions. Money in nano-dollars, so that sums are exact. */
export interface ExecutionTotals {
  executions: number;
  failed: number;
  /** The first failure. */
  failure: string | null;
  /** Answers without a provider call. */
  hits: number;
  /** The hits by their origin. */
  by: Record<"memory" | "edge" | "kv" | "flight", number>;
  cost: number;
  saved: number;
}

/** Totals of no executions. */
export function emptyTotals(): ExecutionTotals {
  const by = { memory: 0, edge: 0, kv: 0, flight: 0 };
  return { executions: 0, failed: 0, failure: null, hits: 0, by, cost: 0, saved: 0 };
}

/** Adds one execution, from its reply. */
export function addExecution(totals: ExecutionTotals, { complete, status, error, view }: ObservedExecution): void {
  totals.executions++;
  if (!complete || !view) {
    totals.failed++;
    totals.failure ??= `${status} ${error}`;
    return;
  }
  totals.cost += nanoDollars(view.cost_usd ?? 0);
  totals.saved += nanoDollars(view.saved_usd ?? 0);
  if (view.cached === false) return;
  totals.hits++;
  totals.by[view.cached]++;
}

interface UsageRow {
  executions: number;
  errors: number;
  cost_usd: number;
  saved_usd: number;
  cache: { hits: ExecutionTotals["by"] };
}

/** The totals of the only row of `GET /v1/usage`. */
export function totalsOfUsage(usage: unknown): ExecutionTotals {
  const { data } = usage as { data: UsageRow[] };
  const [row] = data;
  if (!row) return emptyTotals();
  const { memory, edge, kv, flight } = row.cache.hits;
  return {
    executions: row.executions,
    failed: row.errors,
    failure: null,
    hits: memory + edge + kv + flight,
    by: { memory, edge, kv, flight },
    cost: nanoDollars(row.cost_usd),
    saved: nanoDollars(row.saved_usd),
  };
}

function nanoDollars(usd: number): number {
  return Math.round(usd * 1e9);
}
