import { addCell, type InsightCell, noCell } from "../ledger/insight-cell.ts";
import { DAY_HOURS, HOUR_MS } from "../ledger/periods.ts";
import { latencyAt } from "./compliance.ts";

/** The steps in which latencies are told over time, in hours. */
export const LATENCY_STEPS = { hour: 1, day: DAY_HOURS } as const;
/** One of {@link LATENCY_STEPS}. */
export type LatencyStep = keyof typeof LATENCY_STEPS;

/**
 * How long the executions of an hour or a day took, ms. Null where all of them were of the batch
 * lane, where nobody waits.
 */
export interface LatencyOfTime {
  /** When it began, Unix ms. */
  at: number;
  executions: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

/** Latencies by the hour, or by the day of UTC. What had no execution is left out. */
export function latenciesOverTime(cells: ReadonlyMap<number, InsightCell>, step: LatencyStep): LatencyOfTime[] {
  const hours = LATENCY_STEPS[step];
  const sums = new Map<number, InsightCell>();
  for (const [hour, cell] of cells) {
    const first = hour - (hour % hours);
    const sum = sums.get(first) ?? noCell();
    addCell(sum, cell);
    sums.set(first, sum);
  }
  return [...sums]
    .toSorted(([a], [b]) => a - b)
    .map(([first, { executions, latencies }]) => ({
      at: first * HOUR_MS,
      executions,
      p50_ms: latencyAt(latencies, 0.5),
      p95_ms: latencyAt(latencies, 0.95),
      p99_ms: latencyAt(latencies, 0.99),
    }));
}
