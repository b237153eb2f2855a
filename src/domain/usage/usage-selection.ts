import { addUsage, noUsage, type UsageGroup, type UsageRow } from "./usage.ts";

/** The dimensions that may be filtered by. Times have `from` and `to`. */
export const USAGE_FILTERS = [
  "prompt",
  "version",
  "label",
  "model",
  "provider",
  "key",
  "user",
  "tag",
  "lane",
] as const satisfies UsageGroup[];

/** What of usage is wanted: the value that a dimension must have. */
export type UsageFilter = Partial<Record<(typeof USAGE_FILTERS)[number], string | number>>;

/** The sums that rows may be ordered by, as answers call them. */
export const ORDER_SUMS = [
  "executions",
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "cost_usd",
  "saved_usd",
  "errors",
] as const;
/** An order of rows: a sum, the least first, or with a minus the greatest. */
export type UsageOrder = `${"" | "-"}${(typeof ORDER_SUMS)[number]}`;

/** Whether the values of some dimensions, in their order, are those of a filter. */
export function isWanted(
  filter: UsageFilter,
  by: readonly UsageGroup[],
  values: readonly (string | number | null | string[])[],
): boolean {
  return USAGE_FILTERS.every((name) => {
    const at = by.indexOf(name);
    return filter[name] === undefined || (at !== -1 && values[at] === filter[name]);
  });
}

/** Rows by more dimensions as rows by some of them, in the order of the first of each. */
export function foldRows(rows: readonly UsageRow[], by: readonly UsageGroup[]): UsageRow[] {
  const folded = new Map<string, UsageRow>();
  if (by.length === 0) folded.set("[]", { ...noUsage(), groups: {} });
  for (const row of rows) {
    const values = by.map((group) => row.groups[group] ?? null);
    const key = JSON.stringify(values);
    const known = folded.get(key) ?? {
      ...noUsage(),
      groups: Object.fromEntries(by.map((group, at) => [group, values[at]])),
    };
    addUsage(known, row);
    folded.set(key, known);
  }
  return [...folded.values()];
}

/** Rows in an order; those that are equal by it stay in theirs. */
export function orderRows(rows: readonly UsageRow[], order: UsageOrder): UsageRow[] {
  const isDown = order.startsWith("-");
  const name = (isDown ? order.slice(1) : order) as (typeof ORDER_SUMS)[number];
  return rows.toSorted((a, b) => (isDown ? -1 : 1) * (sumOf(a, name) - sumOf(b, name)));
}

function sumOf(row: UsageRow, name: (typeof ORDER_SUMS)[number]): number {
  if (name === "total_tokens") return row.prompt_tokens + row.completion_tokens;
  if (name === "cost_usd") return row.cost_nanousd;
  return name === "saved_usd" ? row.saved_nanousd : row[name];
}
