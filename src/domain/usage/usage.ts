import { invalid } from "../errors.ts";

/** The dimensions of usage. Hours and days are UTC. */
export const USAGE_GROUPS = ["prompt", "model", "provider", "key", "user", "hour", "day"] as const;
/** One of {@link USAGE_GROUPS}. */
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/**
 * The dimensions in a text that separates them by commas, each once; none if the text is absent.
 * Throws a `validation_error` for a text with anything else.
 */
export function parseUsageGroups(text: string | undefined): UsageGroup[] {
  if (text === undefined) return [];
  const names = text.split(",").map((part) => part.trim());
  const groups = names.flatMap((name) => USAGE_GROUPS.find((group) => group === name) ?? []);
  if (groups.length === names.length && names.length <= USAGE_GROUPS.length) return [...new Set(groups)];
  throw invalid([{ path: "group_by", message: `must be some of ${USAGE_GROUPS.join(",")}` }]);
}

/**
 * Sums over executions. `prompt_tokens`, `completion_tokens` and `cost_nanousd` were spent; the
 * `saved` sums are what stored and shared answers saved. Money in nano-dollars (1e-9 USD).
 */
export interface UsageSums {
  executions: number;
  errors: number;
  prompt_tokens: number;
  completion_tokens: number;
  cost_nanousd: number;
  saved_tokens: number;
  saved_nanousd: number;
  memory_hits: number;
  edge_hits: number;
  kv_hits: number;
  flight_hits: number;
}

/** The sums of one group. `groups` has a value for each dimension of the query. */
export interface UsageRow extends UsageSums {
  groups: Partial<Record<UsageGroup, string | null>>;
}

/**
 * Adds up the rows of several shards for the same groups. Sorts them by the values of their groups.
 */
export function mergeUsage(parts: readonly UsageRow[][], by: readonly UsageGroup[]): UsageRow[] {
  const merged = new Map<string, UsageRow>();
  for (const row of parts.flat()) {
    const id = JSON.stringify(by.map((group) => row.groups[group] ?? null));
    const known = merged.get(id);
    merged.set(id, known ? addUp(known, row) : row);
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

function addUp(a: UsageRow, b: UsageRow): UsageRow {
  return {
    groups: a.groups,
    executions: a.executions + b.executions,
    errors: a.errors + b.errors,
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    cost_nanousd: a.cost_nanousd + b.cost_nanousd,
    saved_tokens: a.saved_tokens + b.saved_tokens,
    saved_nanousd: a.saved_nanousd + b.saved_nanousd,
    memory_hits: a.memory_hits + b.memory_hits,
    edge_hits: a.edge_hits + b.edge_hits,
    kv_hits: a.kv_hits + b.kv_hits,
    flight_hits: a.flight_hits + b.flight_hits,
  };
}
