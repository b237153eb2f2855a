/** Makes the median absolute deviation of normal values their standard deviation. */
const MAD_SCALE = 1.4826;

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A quantile, between the two values that are nearest to it; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** The standard deviation around zero as the median tells it, which outliers do not change. */
export function robustScale(residuals: readonly number[]): number {
  return MAD_SCALE * median(residuals.map(Math.abs));
}

/** How alike neighbours are: the correlation of each value with the next, from -1 to 1. */
export function autocorrelation(values: readonly number[]): number {
  let [products, squares] = [0, 0];
  for (const [at, value] of values.entries()) {
    squares += value ** 2;
    products += value * (values[at + 1] ?? 0);
  }
  return squares === 0 ? 0 : products / squares;
}

/** The slope through points with equal distances: the median of those between each two. */
export function medianSlope(values: readonly number[]): number {
  const slopes = values.flatMap((value, at) =>
    values.slice(at + 1).map((later, distance) => (later - value) / (distance + 1)),
  );
  return slopes.length === 0 ? 0 : median(slopes);
}
