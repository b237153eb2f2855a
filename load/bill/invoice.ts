import type { Item, Line } from "./meter.ts";
import { type Price, PRICES } from "./prices.ts";
import { EXECUTIONS_A_MONTH } from "./workload.ts";

/** A line of the bill: what a part uses a thousand executions, and what that costs. */
export interface BilledLine extends Line {
  /** Amount a thousand executions. */
  per_1000: number;
  /** US dollars a thousand executions, its share of the item's allowance taken off. */
  usd_per_1000: number;
}

/** Storage that grows and is never deleted is there for half of its first month, in days. */
export const GROWING_DAYS = 15;
const MONTH_DAYS = 30;

/** What {@link billLines} bills. */
export interface Used {
  lines: readonly Line[];
  executions: number;
  /** How many days of growth an object keeps: what is older has moved on. */
  objectDays: number;
}

/**
 * Bills a month of the source's load by the lines that some of its executions used. Each item's
 * allowance is taken off once, from its parts in proportion.
 */
export function billLines(used: Used, prices: Record<Item, Price> = PRICES): BilledLine[] {
  const monthly = used.lines.map((line) => ({ ...line, month: monthOf(line, used) }));
  const sums = new Map<Item, number>();
  for (const { item, month } of monthly) sums.set(item, (sums.get(item) ?? 0) + month);
  return monthly.map(({ item, part, amount, month }) => {
    const { usd, per, included } = prices[item];
    const sum = sums.get(item) ?? 0;
    const billed = sum === 0 ? 0 : month * Math.max(0, 1 - included / sum);
    const thousands = EXECUTIONS_A_MONTH / 1_000;
    return { item, part, amount, per_1000: month / thousands, usd_per_1000: ((billed / per) * usd) / thousands };
  });
}

/** What a line is in a month: storage at rest is there anyway, all else comes with executions. */
function monthOf({ part, amount, item }: Line, { executions, objectDays }: Used): number {
  const scale = EXECUTIONS_A_MONTH / executions;
  if (!item.endsWith("bytes") || item === "log bytes") return amount * scale;
  if (part === "at rest") return amount;
  return (amount * scale * (item === "object bytes" ? objectDays : GROWING_DAYS)) / MONTH_DAYS;
}

/** The sum of lines, US dollars a thousand executions. */
export function sumOf(lines: readonly BilledLine[]): number {
  return lines.reduce((sum, { usd_per_1000 }) => sum + usd_per_1000, 0);
}
