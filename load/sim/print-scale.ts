import { billLines, type BilledLine, sumOf } from "../bill/invoice.ts";
import type { Line } from "../bill/meter.ts";
import { percent } from "../harness/numbers.ts";
import { table } from "../harness/table.ts";
import { partLoads } from "./bottlenecks.ts";
import { TIMES } from "./service-times.ts";
import type { ScaleFigures } from "./simulate-scale.ts";

/** A finished simulation, and what it took here. */
export interface FinishedScale {
  figures: ScaleFigures;
  cpu_s: number;
}

/** Objects keep the records of a week. */
const OBJECT_DAYS = 7;
/** Lines of the bill below this are left out, US dollars a thousand. */
const LEAST_USD = 0.000_005;

/** The table of all scales: a row for each figure. */
export function scaleTable(finished: readonly FinishedScale[]): string {
  const row = (name: string, of: (each: FinishedScale) => string) => [name, ...finished.map(of)];
  const shares = (found: ReadonlyMap<string, number>, names: readonly string[]) =>
    names.map((name) => percent(found.get(name) ?? 0, 1)).join(" / ");
  return table([
    row("load", ({ figures }) => figures.plan.name),
    row("requests/s", ({ figures }) => figures.plan.per_s.toFixed(0)),
    row("simulated requests, weighted", ({ figures }) => counted(figures)),
    row("overhead p50 / p99 ms, small", ({ figures }) => overhead(figures, false)),
    row("overhead p50 / p99 ms, large", ({ figures }) => overhead(figures, true)),
    row("answered", ({ figures }) => percent(1 - sumOfShares(figures.tally.errors), 2)),
    row("object calls an execution", ({ figures }) => callsAnExecution(figures).toFixed(2)),
    row("hits memory / edge / kv / flight", ({ figures }) =>
      shares(figures.tally.hits, ["memory", "edge", "kv", "flight"]),
    ),
    row("records memory / edge / D1", ({ figures }) => shares(recordTiers(figures), ["memory", "edge", "D1"])),
    row("cold starts", ({ figures }) => `${figures.cold_starts} of ${figures.isolates}`),
    row("over-limit admissions", ({ figures }) => String(figures.broken.over_limit)),
    row("budget overshoot, $", ({ figures }) => (figures.broken.overshoot_nanousd / 1e9).toFixed(2)),
    row("lost records", ({ figures }) => `${figures.broken.lost} of ${figures.expected}`),
    row("lost records of hits", ({ figures }) => String(figures.broken.lost_hits)),
    row("bill, $ per 1,000", ({ figures }) => sumOf(billOf(figures)).toFixed(5)),
    row("time here, s of a core", ({ cpu_s }) => cpu_s.toFixed(0)),
  ]);
}

/** How busy each part is at each scale. */
export function loadTable(finished: readonly FinishedScale[]): string {
  const loads = finished.map(({ figures }) => partLoads(figures));
  const names = [...new Set(loads.flatMap((some) => some.map(({ name }) => name)))];
  const rows = names.map((name) => [
    name,
    ...loads.map((some) => {
      const found = some.find((each) => each.name === name);
      return found ? percent(found.used, found.used < 0.1 ? 1 : 0) : "–";
    }),
  ]);
  return table([["load of its limit", ...finished.map(({ figures }) => figures.plan.name)], ...rows]);
}

/** The bill of one simulation, line by line. */
export function billTable(figures: ScaleFigures): string {
  const lines = billOf(figures);
  const shown = lines.filter(({ usd_per_1000 }) => usd_per_1000 >= LEAST_USD);
  const rows = shown.map(({ item, part, per_1000, usd_per_1000 }) => [
    `${item}: ${part}`,
    per_1000.toPrecision(4),
    usd_per_1000.toFixed(5),
  ]);
  return table([["per 1,000 executions", "amount", "US dollars"], ...rows, ["sum", "", sumOf(lines).toFixed(5)]]);
}

/** What services reported, and the errors that clients saw. */
export function troubleLines({ plan, tally }: ScaleFigures): string[] {
  const errors = [...tally.errors].map(([code, share]) => `${code} ${percent(share, 2)}`);
  const faults = [...tally.faults].map(([event, count]) => `${event} ${count}×`);
  return [
    ...(errors.length > 0 ? [`${plan.name}: refused: ${errors.join(", ")}`] : []),
    ...(faults.length > 0 ? [`${plan.name}: reported: ${faults.join(", ")}`] : []),
  ];
}

/** The service times with their sources. */
export function timesTable(): string {
  const rows = Object.entries(TIMES).map(([name, { ms, kind, source }]) => [name, String(ms), kind, source]);
  return rows
    .map(([name = "", ms = "", ...rest]) => `  ${name.padEnd(16)} ${ms.padStart(6)} ms  ${rest.join(": ")}`)
    .join("\n");
}

function billOf({ lines, tally }: ScaleFigures): BilledLine[] {
  const { weighted } = tally;
  const worker: Line[] = [
    { item: "worker requests", part: "requests", amount: weighted },
    { item: "worker cpu ms", part: "requests", amount: weighted * TIMES.isolate_cpu.ms },
  ];
  return billLines({ lines: [...worker, ...lines], executions: weighted, objectDays: OBJECT_DAYS });
}

function counted({ tally }: ScaleFigures): string {
  const { counted: some, weighted } = tally;
  return `${some}, ${weighted.toFixed(0)}`;
}

function overhead({ tally }: ScaleFigures, isLarge: boolean): string {
  const { p50, p99 } = tally.overhead[isLarge ? "large" : "small"];
  return `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
}

function callsAnExecution({ lines, tally }: ScaleFigures): number {
  const calls = lines.filter(({ item }) => item === "object requests").reduce((sum, { amount }) => sum + amount, 0);
  return calls / tally.weighted;
}

/** Where records of API keys came from: replicas and primaries together are D1. */
function recordTiers({ tally: { record_tiers } }: ScaleFigures): ReadonlyMap<string, number> {
  const d1 = (record_tiers.get("source") ?? 0) + (record_tiers.get("replica") ?? 0);
  return new Map([...record_tiers, ["D1", d1]]);
}

function sumOfShares(shares: ReadonlyMap<string, number>): number {
  return [...shares.values()].reduce((sum, share) => sum + share, 0);
}
