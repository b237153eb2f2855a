import type { Seen } from "../../harness/execution.ts";

/** An account of executions. Money in nano-dollars, so that sums are exact. */
export interface Tally {
  executions: number;
  failed: number;
  failure: string | null;
  /** Answers that no call was made for, in all and by where they came from. */
  hits: number;
  by: Record<"memory" | "edge" | "kv" | "flight", number>;
  cost: number;
  saved: number;
}

/** An account of nothing. */
export function emptyTally(): Tally {
  const by = { memory: 0, edge: 0, kv: 0, flight: 0 };
  return { executions: 0, failed: 0, failure: null, hits: 0, by, cost: 0, saved: 0 };
}

/** Adds one reply. */
export function addReply(tally: Tally, { complete, status, error, view }: Seen): void {
  tally.executions++;
  if (!complete || !view) {
    tally.failed++;
    tally.failure ??= `${status} ${error}`;
    return;
  }
  tally.cost += nano(view.cost_usd ?? 0);
  tally.saved += nano(view.saved_usd ?? 0);
  if (view.cached === false) return;
  tally.hits++;
  tally.by[view.cached]++;
}

/** Reads the one row of `GET /v1/usage`. */
export function readTally(usage: unknown): Tally {
  const { data } = usage as {
    data: {
      executions: number;
      errors: number;
      cost_usd: number;
      saved_usd: number;
      cache: { hits: Tally["by"] };
    }[];
  };
  const [row] = data;
  if (!row) return emptyTally();
  const { memory, edge, kv, flight } = row.cache.hits;
  return {
    executions: row.executions,
    failed: row.errors,
    failure: null,
    hits: memory + edge + kv + flight,
    by: { memory, edge, kv, flight },
    cost: nano(row.cost_usd),
    saved: nano(row.saved_usd),
  };
}

function nano(usd: number): number {
  return Math.round(usd * 1e9);
}
