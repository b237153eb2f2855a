import { addRatings, type HourRatings, OTHER_VERSIONS, type RatingCell } from "../ledger/rating-cell.ts";

/**
 * What end users thought of a version's answers: the mean of scores from 0 to 1, and its bounds.
 */
export interface Satisfaction {
  version: number;
  ratings: number;
  score: number;
  /** The 95 % interval of what the mean would be if there were many more such scores. */
  low: number;
  high: number;
}

/** The 97.5 % quantile of a normal distribution. */
const Z = 1.96;

/** The satisfaction with each version that is told apart, the newest first. */
export function satisfactionOf(ratings: readonly HourRatings[]): Satisfaction[] {
  return [...Map.groupBy(ratings, ({ version }) => version)]
    .flatMap(([version, some]) => {
      const sum: RatingCell = { count: 0, sum: 0, squares: 0 };
      for (const each of some) addRatings(sum, each);
      return sum.count > 0 && version !== OTHER_VERSIONS
        ? [{ version, ...intervalOf(sum.sum / sum.count, sum.count), ratings: sum.count }]
        : [];
    })
    .toSorted((a, b) => b.version - a.version);
}

/**
 * A mean of scores between 0 and 1 with E. B. Wilson's interval (1927). It is that of a share;
 * scores in between vary less than zeros and ones, so the interval is no narrower than it should
 * be.
 */
export function intervalOf(mean: number, count: number): Pick<Satisfaction, "score" | "low" | "high"> {
  const divisor = 1 + Z ** 2 / count;
  const middle = (mean + Z ** 2 / (2 * count)) / divisor;
  const half = (Z * Math.sqrt((mean * (1 - mean)) / count + Z ** 2 / (4 * count ** 2))) / divisor;
  return { score: mean, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
