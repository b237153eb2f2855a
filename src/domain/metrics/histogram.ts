/** Bounds of a histogram, each twice the one before. */
const BOUNDS = 14;

/** Numbers of a histogram: its sum, the count of each bucket, and of what is beyond the last. */
export const HISTOGRAM_WIDTH = BOUNDS + 2;

/** Adds a value to the histogram that begins at an index of a row. `first` is its first bound. */
export function addToHistogram(row: number[], at: number, first: number, value: number): void {
  const bucket = value <= first ? 0 : Math.min(BOUNDS, Math.ceil(Math.log2(value / first)));
  row[at] = (row[at] ?? 0) + value;
  row[at + 1 + bucket] = (row[at + 1 + bucket] ?? 0) + 1;
}

/**
 * The upper bounds of the buckets, in the unit of `first`, without the last one, which has none.
 */
export function boundsFrom(first: number): number[] {
  return Array.from({ length: BOUNDS }, (_, index) => first * 2 ** index);
}

/** How many values the histogram at an index of a row has. */
export function countIn(row: readonly number[], at: number): number {
  let count = 0;
  for (let index = at + 1; index < at + HISTOGRAM_WIDTH; index++) count += row[index] ?? 0;
  return count;
}

/**
 * About the value below which a share of the values lies, by interpolation within its bucket, which
 * may be off by a factor of two at most. Null for an empty histogram.
 */
export function quantileIn(row: readonly number[], at: number, first: number, share: number): number | null {
  const rank = countIn(row, at) * share;
  if (rank === 0) return null;
  let below = 0;
  for (const [index, bound] of boundsFrom(first).entries()) {
    const count = row[at + 1 + index] ?? 0;
    const floor = index === 0 ? 0 : bound / 2;
    if (below + count >= rank) return floor + ((bound - floor) * (rank - below)) / count;
    below += count;
  }
  return first * 2 ** (BOUNDS - 1);
}
