import { type FamilyName, PLACES } from "./families.ts";
import { HISTOGRAM_WIDTH, quantileIn } from "./histogram.ts";
import { type MetricsDelta, valuesIn } from "./metric-counts.ts";

/**
 * The sums that a live stream shows, in the order in which objects tell them: new ones at the end.
 */
export const LIVE_SUMS = [
  "requests",
  "request_errors",
  "throttled",
  "executions",
  "failed",
  "within_sla",
  "cost_nanousd",
  "saved_nanousd",
  "memory",
  "edge",
  "kv",
  "flight",
  "calls",
  "failed_calls",
  "input_tokens",
  "output_tokens",
] as const;

type LiveSum = (typeof LIVE_SUMS)[number];

/** The times that a live stream shows: slots of executions. */
const LIVE_TIMES = ["duration", "first_token", "overhead"] as const;

const WIDTH = LIVE_SUMS.length + LIVE_TIMES.length * HISTOGRAM_WIDTH;

/** Sums and times in one list of numbers, so that lists can be added and subtracted. */
export type LiveTotals = number[];

/** Totals of nothing. */
export function noTotals(): LiveTotals {
  return Array.from({ length: WIDTH }, () => 0);
}

/** What was counted, as far as a live stream shows it. */
export function liveTotals(counted: MetricsDelta): LiveTotals {
  const totals = noTotals();
  const add = (name: LiveSum, value = 0) => {
    const index = LIVE_SUMS.indexOf(name);
    totals[index] = (totals[index] ?? 0) + value;
  };
  const { requests, throttled, executions, attempts } = PLACES;
  for (const [[, , status], row] of rowsOf(counted, "requests")) {
    add("requests", row[requests.requests.at]);
    if (Number(status) >= 500) add("request_errors", row[requests.requests.at]);
  }
  for (const [, row] of rowsOf(counted, "throttled")) add("throttled", row[throttled.requests.at]);
  for (const [[, , , outcome, source], row] of rowsOf(counted, "executions")) {
    const count = row[executions.executions.at];
    add("executions", count);
    if (outcome !== "succeeded") add("failed", count);
    const hit = LIVE_SUMS.find((name) => name === source);
    if (hit) add(hit, count);
    for (const name of ["within_sla", "cost_nanousd", "saved_nanousd"] as const) add(name, row[executions[name].at]);
    for (const [index, name] of LIVE_TIMES.entries()) addPart(totals, timeAt(index), row, executions[name].at);
  }
  for (const [[, , outcome], row] of rowsOf(counted, "attempts")) {
    add("calls", row[attempts.attempts.at]);
    if (outcome !== "answered") add("failed_calls", row[attempts.attempts.at]);
    add("input_tokens", row[attempts.input.at]);
    add("output_tokens", row[attempts.output.at]);
  }
  return totals;
}

function rowsOf(counted: MetricsDelta, family: FamilyName): [labels: string[], row: number[]][] {
  return Object.entries(counted[family] ?? {}).map(([key, row]) => [valuesIn(key), row]);
}

function timeAt(index: number): number {
  return LIVE_SUMS.length + index * HISTOGRAM_WIDTH;
}

function addPart(totals: LiveTotals, at: number, row: readonly number[], from: number): void {
  for (let index = 0; index < HISTOGRAM_WIDTH; index++) {
    totals[at + index] = (totals[at + index] ?? 0) + (row[from + index] ?? 0);
  }
}

/** Adds totals up. */
export function addTotals(a: LiveTotals, b: LiveTotals): LiveTotals {
  return a.map((value, index) => value + (b[index] ?? 0));
}

/** What came since earlier totals. An object that lost some counts begins again with less. */
export function totalsSince(now: LiveTotals, before: LiveTotals): LiveTotals {
  return now.map((value, index) => Math.max(0, value - (before[index] ?? 0)));
}

/** Times in ms of most, of 95 and of 99 in a hundred; null where there are none. */
export interface LiveQuantiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** The sums of some totals by their names. */
export function sumsIn(totals: LiveTotals): Record<LiveSum, number> {
  return Object.fromEntries(LIVE_SUMS.map((name, index) => [name, totals[index] ?? 0])) as Record<LiveSum, number>;
}

/** The times of some totals. */
export function timesIn(totals: LiveTotals): Record<(typeof LIVE_TIMES)[number], LiveQuantiles> {
  const times = LIVE_TIMES.map((name, index) => {
    const first = PLACES.executions[name].firstMs ?? 1;
    const quantile = (share: number) => quantileIn(totals, timeAt(index), first, share);
    return [name, { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) }] as const;
  });
  return Object.fromEntries(times) as Record<(typeof LIVE_TIMES)[number], LiveQuantiles>;
}
