import { table } from "../harness/table.ts";
import { FLOORS, type Warmth } from "./floors.ts";
import { type BilledLine, billLines, sumOf } from "./invoice.ts";
import { ITEMS } from "./meter.ts";
import { PLAN_USD, PRICES, READ } from "./prices.ts";
import type { Replayed } from "./replay.ts";
import { EXECUTIONS_A_MONTH, GOALS } from "./workload.ts";

/** What is printed of a load. */
export interface PrintedBill {
  title: string;
  summaries: string[];
  replayed: Replayed;
  tookS: number;
  /** Whether goals and floors apply to it. */
  isPlain: boolean;
  warmth: Warmth;
  objectDays: number;
}

/** Prints the bill by item, and below each item its parts. */
export function printBill({ title, summaries, replayed, tookS, isPlain, warmth, objectDays }: PrintedBill): void {
  const { executions, failed } = replayed;
  const lines = billLines({ ...replayed, objectDays });
  console.log(`\n== ${title}: ${summaries.join("; ")}`);
  console.log(
    `   stands for ${Math.round(executions)} executions, replayed in ${tookS.toFixed(0)} s; prices of ${READ}`,
  );
  for (const [status, count] of failed) console.log(`   ${count} were answered with ${status}`);
  const rows = ITEMS.flatMap((item) => {
    const parts = lines.filter((line) => line.item === item);
    if (parts.length === 0) return [];
    const floor = isPlain ? (FLOORS[item]?.[warmth] ?? 0).toFixed(5) : "";
    const sum = { part: item, per_1000: total(parts), usd_per_1000: sumOf(parts) };
    const head = [...rowOf(sum), floor];
    return [head, ...parts.map((part) => [...rowOf({ ...part, part: `  ${part.part}` }), ""])];
  });
  console.log(table([["per 1,000 executions", "amount", "US dollars", "floor"], ...rows]));
  const sum = sumOf(lines) + PLAN_USD / (EXECUTIONS_A_MONTH / 1_000);
  const logs = sumOf(lines.filter(({ item }) => item === "log bytes"));
  console.log(
    `sum $${sum.toFixed(5)} per 1,000 with the plan's $${PLAN_USD}, of it logs $${logs.toFixed(5)}; ` +
      `$${((sum * EXECUTIONS_A_MONTH) / 1_000).toFixed(0)} a month`,
  );
  if (!isPlain) return;
  const goal = GOALS[warmth];
  const floor = Object.values(FLOORS).reduce((all, each) => all + each[warmth], 0);
  console.log(`${(sum / goal).toFixed(2)} times the goal of $${goal}; the floors add up to $${floor.toFixed(5)}`);
}

/** Prints why each item does not go below its floor, and where the prices are from. */
export function printNotes(): void {
  console.log("\nFloors");
  for (const [item, { why }] of Object.entries(FLOORS)) console.log(`  ${item}: ${why}`);
  console.log(`\nPrices, read on ${READ}`);
  for (const source of new Set(Object.values(PRICES).map((price) => price.source))) console.log(`  ${source}`);
}

function total(lines: readonly BilledLine[]): number {
  return lines.reduce((sum, { per_1000 }) => sum + per_1000, 0);
}

function rowOf({ part, per_1000, usd_per_1000 }: Pick<BilledLine, "part" | "per_1000" | "usd_per_1000">): string[] {
  return [part, per_1000.toPrecision(4), usd_per_1000.toFixed(5)];
}
