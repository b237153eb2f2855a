import { addCell, countOf, endOfBucket, type InsightCell, type LatencyCounts, noCell } from "../ledger/insight-cell.ts";
import type { NumberSpan } from "../ledger/usage-plan.ts";
import type { Objective } from "./objective.ts";

/** How executions did, measured against an objective. Shares are null of no execution. */
export interface MeasuredCompliance {
  /** The share that did not fail. Failures that the caller caused are not counted at all. */
  availability: number | null;
  /** The share that took no longer than the objective allows. */
  within_latency: number | null;
  /** The latency below which the objective's share is, ms; how long most of them took. */
  latency_ms: number | null;
  /** How fast the allowed failures are used up: 1 is just as fast as is allowed. */
  availability_burn: number | null;
  latency_burn: number | null;
}

/** What was measured, and what would have been if no provider had failed or been slow. */
export interface Compliance {
  executions: number;
  measured: MeasuredCompliance;
  without_provider: MeasuredCompliance;
}

/** Measures executions against an objective. */
export function complianceOf(cell: InsightCell, objective: Objective): Compliance {
  const counted = cell.executions - cell.caller_errors;
  const failed = cell.errors - cell.caller_errors;
  const timed = countOf(cell.latencies);
  const slow = countAbove(cell.latencies, objective.latency_ms);
  const ownSlow = countAbove(cell.own, objective.latency_ms);
  return {
    executions: cell.executions,
    measured: {
      ...rates({ counted, failed, timed, slow }, objective),
      latency_ms: latencyAt(cell.latencies, objective.percentile),
    },
    without_provider: {
      ...rates({ counted, failed: failed - cell.provider_errors, timed, slow: ownSlow }, objective),
      latency_ms: ownLatencyAt(cell.own, timed, objective.percentile),
    },
  };
}

/** The sum of the hours of a span. */
export function sumHours(cells: ReadonlyMap<number, InsightCell>, { from, to }: NumberSpan): InsightCell {
  const sum = noCell();
  for (const [hour, cell] of cells) if (hour >= from && hour < to) addCell(sum, cell);
  return sum;
}

interface Counts {
  counted: number;
  failed: number;
  timed: number;
  slow: number;
}

function rates({ counted, failed, timed, slow }: Counts, objective: Objective): Omit<MeasuredCompliance, "latency_ms"> {
  const ofFailed = counted > 0 ? failed / counted : null;
  const ofSlow = timed > 0 ? slow / timed : null;
  return {
    availability: ofFailed === null ? null : 1 - ofFailed,
    within_latency: ofSlow === null ? null : 1 - ofSlow,
    availability_burn: ofFailed === null ? null : ofFailed / (1 - objective.availability),
    latency_burn: ofSlow === null ? null : ofSlow / (1 - objective.percentile),
  };
}

/**
 * How many took longer than a time. Those of the bucket in which the time lies are taken to be
 * spread evenly over it, on the scale of logarithms.
 */
export function countAbove(latencies: LatencyCounts, ms: number): number {
  let count = 0;
  for (const [bucket, of] of latencies) {
    const above = Math.min(1, Math.max(0, bucket - 2 * Math.log2(ms)));
    count += of * above;
  }
  return count;
}

/** The time that a share did not exceed, ms. */
export function latencyAt(latencies: LatencyCounts, share: number): number | null {
  let left = share * countOf(latencies);
  if (latencies.size === 0) return null;
  const sorted = [...latencies].toSorted(([a], [b]) => a - b);
  for (const [bucket, of] of sorted) {
    if (left <= of) return endOfBucket(bucket - 1 + left / of);
    left -= of;
  }
  return endOfBucket(sorted.at(-1)?.[0] ?? 0);
}

/** Times of our own are only known where they are long; 0 stands for shorter ones. */
function ownLatencyAt(own: LatencyCounts, timed: number, share: number): number | null {
  if (timed === 0) return null;
  const long = countOf(own);
  const left = share * timed - (timed - long);
  return left <= 0 ? 0 : latencyAt(own, left / long);
}
