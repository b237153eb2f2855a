/** The minimum, the median and the maximum of several runs' figures. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** The spread of figures without the nulls (not measured). Null where no figure is left. */
export function spread(figures: readonly (number | null)[]): Spread | null {
  const sorted = figures.filter((figure) => figure !== null).toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return null;
  const [low = min, high = min] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return { min, median: (low + high) / 2, max };
}

/** `figure` divided by `base`. Null where either was not measured or the base is not positive. */
export function ratio(figure: number | null, base: number | null): number | null {
  return figure === null || base === null || base <= 0 ? null : figure / base;
}

/** A number with about three significant digits; a dash where it was not measured. */
export function digits(figure: number | null | undefined): string {
  if (figure === null || figure === undefined) return "–";
  const size = Math.abs(figure);
  return figure.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** The median with its range, `1.31 (1.22–1.40)`; a dash where it was not measured. */
export function ranged(figures: Spread | null | undefined): string {
  if (!figures) return "–";
  return `${digits(figures.median)} (${digits(figures.min)}–${digits(figures.max)})`;
}

/** The p-th percentile by nearest rank; NaN without figures. */
export function percentile(figures: readonly number[], p: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? NaN;
}

/** A share as a percentage, `12.3 %`. */
export function percent(share: number, decimals = 0): string {
  return `${(100 * share).toFixed(decimals)} %`;
}
