import { invalid } from "../errors.ts";

/** The dimensions of usage. Hours and days are UTC. */
export const USAGE_GROUPS = [
  "prompt",
  "version",
  "label",
  "model",
  "provider",
  "key",
  "user",
  "tag",
  "lane",
  "hour",
  "day",
] as const;
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
 * The sums over executions, in the order in which rollups store them: a new one goes to the end.
 * `errors` are failed executions, `unknown` those whose end was never recorded. The tokens and
 * `cost_nanousd` were spent; the `saved` sums are what stored and shared answers saved. Money in
 * nano-dollars (1e-9 USD).
 */
export const USAGE_SUMS = [
  "executions",
  "errors",
  "unknown",
  "prompt_tokens",
  "completion_tokens",
  "cost_nanousd",
  "saved_tokens",
  "saved_nanousd",
  "memory_hits",
  "edge_hits",
  "kv_hits",
  "flight_hits",
] as const;
/** Sums over executions: {@link USAGE_SUMS}. */
export type UsageSums = Record<(typeof USAGE_SUMS)[number], number>;

/** The sums of one group. `groups` has a value for each dimension of the query. */
export interface UsageRow extends UsageSums {
  groups: Partial<Record<UsageGroup, string | number | null>>;
}

/** The sums of no execution. */
export function noUsage(): UsageSums {
  return {
    executions: 0,
    errors: 0,
    unknown: 0,
    prompt_tokens: 0,
    completion_tokens: 0,
    cost_nanousd: 0,
    saved_tokens: 0,
    saved_nanousd: 0,
    memory_hits: 0,
    edge_hits: 0,
    kv_hits: 0,
    flight_hits: 0,
  };
}

/** Adds sums to `total` in place, or takes them out again. */
export function addUsage(total: UsageSums, more: UsageSums, sign: 1 | -1 = 1): void {
  for (const name of USAGE_SUMS) total[name] += sign * more[name];
}
