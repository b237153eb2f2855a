import type { UsageGroup } from "../../domain/usage/usage.ts";

/** One row of usage as the JSON answer has it. */
interface UsageView extends Record<string, unknown> {
  cache: { hits: Record<string, number>; saved_tokens: number };
}

const SUMS = [
  "executions",
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "cost_usd",
  "saved_usd",
  "errors",
] as const;
const TIERS = ["memory", "edge", "kv", "flight"] as const;

/**
 * Usage as CSV (RFC 4180): the groups, the sums, and the cache's numbers under names of their own.
 */
export function toUsageCsv(groups: readonly UsageGroup[], rows: readonly UsageView[]): string {
  const head = [...groups, ...SUMS, ...TIERS.map((tier) => `${tier}_hits`), "saved_tokens"];
  const lines = rows.map((row) => [
    ...groups.map((group) => row[group]),
    ...SUMS.map((sum) => row[sum]),
    ...TIERS.map((tier) => row.cache.hits[tier]),
    row.cache.saved_tokens,
  ]);
  return [head, ...lines].map((line) => `${line.map(toField).join()}\r\n`).join("");
}

function toField(value: unknown): string {
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
