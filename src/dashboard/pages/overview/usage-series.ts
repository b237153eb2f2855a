import type { OperationResult } from "../../../client/index.ts";

/** A row of usage, with its hour or its day. */
export type UsedRow = OperationResult<"GET /v1/usage">["data"][number] & { hour?: string; day?: string };

/** Sums of usage rows. */
export interface UsageTotal {
  executions: number;
  errors: number;
  cost_usd: number;
  saved_usd: number;
  prompt_tokens: number;
  completion_tokens: number;
  hits: number;
}

const NOTHING: UsageTotal = {
  executions: 0,
  errors: 0,
  cost_usd: 0,
  saved_usd: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  hits: 0,
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function sumsOf(row: UsedRow): UsageTotal {
  const { memory, edge, kv, flight } = row.cache.hits;
  const { executions, errors, cost_usd, saved_usd, prompt_tokens, completion_tokens } = row;
  return {
    executions,
    errors,
    cost_usd,
    saved_usd,
    prompt_tokens,
    completion_tokens,
    hits: memory + edge + kv + flight,
  };
}

function add(a: UsageTotal, b: UsageTotal): UsageTotal {
  return {
    executions: a.executions + b.executions,
    errors: a.errors + b.errors,
    cost_usd: a.cost_usd + b.cost_usd,
    saved_usd: a.saved_usd + b.saved_usd,
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    hits: a.hits + b.hits,
  };
}

/** All rows in one. */
export function totalOf(rows: readonly UsedRow[]): UsageTotal {
  return rows.map(sumsOf).reduce(add, NOTHING);
}

/**
 * Rows by the hour or the day as a list without gaps from `from` to `to`: where nothing was
 * executed the sums are 0. The times are those of the beginnings, Unix ms.
 */
export function usageOverTime(rows: readonly UsedRow[], range: { from: string; to: string; by: "hour" | "day" }) {
  const stepMs = range.by === "hour" ? HOUR_MS : DAY_MS;
  const known = new Map<number, UsageTotal>();
  for (const row of rows) {
    const at = Date.parse(row.hour ?? row.day ?? "");
    known.set(at, add(known.get(at) ?? NOTHING, sumsOf(row)));
  }
  const times: number[] = [];
  const first = Math.floor(Date.parse(range.from) / stepMs) * stepMs;
  for (let at = first; at < Date.parse(range.to); at += stepMs) times.push(at);
  return { times, sums: times.map((at) => known.get(at) ?? NOTHING) };
}
