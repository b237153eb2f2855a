/**
 * Counts of executions by how long they took. Bucket `b` has those of more than 2^((b - 1) / 2) ms
 * and of at most 2^(b / 2) ms, so that a bucket is 41 % wide.
 */
export type LatencyCounts = Map<number, number>;

/** What insights know of some executions that ended, such as those of a prompt in an hour. */
export interface InsightCell {
  executions: number;
  cost_nanousd: number;
  /** Executions that failed. Those of the next two are among them. */
  errors: number;
  /** Because of the provider: it failed, was overloaded, or answered too late. */
  provider_errors: number;
  /** Because of what the caller sent, or may spend. */
  caller_errors: number;
  /** Of executions that somebody waits for: those of the batch lane are not counted. */
  latencies: LatencyCounts;
  /**
   * The time of the same executions outside of calls to providers, where it is more than
   * {@link OWN_FLOOR_MS}.
   */
  own: LatencyCounts;
}

/** Shorter times of our own are not counted: hardly any execution has more. */
export const OWN_FLOOR_MS = 64;
/** The last bucket ends at six minutes, which is longer than any execution. */
const MAX_BUCKET = 37;

/** The numbers of a cell as they are stored and sent: see {@link packCell}. */
export type PackedCell = [number, number, number[], number?, number?, number?, number[]?];

/** The cell of no execution. */
export function noCell(): InsightCell {
  const counts = { executions: 0, cost_nanousd: 0, errors: 0, provider_errors: 0, caller_errors: 0 };
  return { ...counts, latencies: new Map(), own: new Map() };
}

/** The bucket of a time, ms. */
export function bucketOfLatency(ms: number): number {
  return ms <= 1 ? 0 : Math.min(MAX_BUCKET, Math.ceil(2 * Math.log2(ms)));
}

/** The upper bound of a bucket, ms. */
export function endOfBucket(bucket: number): number {
  return 2 ** (bucket / 2);
}

/** Adds a cell to `total` in place, or takes it out again. */
export function addCell(total: InsightCell, more: InsightCell, sign: 1 | -1 = 1): void {
  total.executions += sign * more.executions;
  total.cost_nanousd += sign * more.cost_nanousd;
  total.errors += sign * more.errors;
  total.provider_errors += sign * more.provider_errors;
  total.caller_errors += sign * more.caller_errors;
  addCounts(total.latencies, more.latencies, sign);
  addCounts(total.own, more.own, sign);
}

/** How many executions the latencies are of. */
export function countOf(latencies: LatencyCounts): number {
  let count = 0;
  for (const of of latencies.values()) count += of;
  return count;
}

/** A cell as few characters of JSON: what is mostly zero stands at the end and is left out. */
export function packCell(cell: InsightCell): PackedCell {
  const { executions, cost_nanousd, errors, provider_errors, caller_errors } = cell;
  const latencies = [...cell.latencies].flat();
  if (cell.own.size > 0) {
    return [executions, cost_nanousd, latencies, errors, provider_errors, caller_errors, [...cell.own].flat()];
  }
  if (errors === 0) return [executions, cost_nanousd, latencies];
  return [executions, cost_nanousd, latencies, errors, provider_errors, caller_errors];
}

/** Reads a cell back. */
export function unpackCell(packed: PackedCell): InsightCell {
  const [executions, cost_nanousd, latencies, errors = 0, provider_errors = 0, caller_errors = 0, own = []] = packed;
  const counts = { executions, cost_nanousd, errors, provider_errors, caller_errors };
  return { ...counts, latencies: toCounts(latencies), own: toCounts(own) };
}

function addCounts(total: LatencyCounts, more: LatencyCounts, sign: 1 | -1): void {
  for (const [bucket, count] of more) {
    const sum = (total.get(bucket) ?? 0) + sign * count;
    if (sum === 0) total.delete(bucket);
    else total.set(bucket, sum);
  }
}

function toCounts(pairs: readonly number[]): LatencyCounts {
  const counts: LatencyCounts = new Map();
  for (let at = 0; at < pairs.length; at += 2) counts.set(pairs[at] ?? 0, pairs[at + 1] ?? 0);
  return counts;
}
