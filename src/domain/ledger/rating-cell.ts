/** Scores of feedback, each from 0 to 1: how many, their sum, and the sum of their squares. */
export interface RatingCell {
  count: number;
  sum: number;
  squares: number;
}

/** The feedback on the executions of an hour that one version and model answered. */
export interface HourRatings extends RatingCell {
  hour: number;
  version: number;
  model: string | null;
}

/** A score that an execution was given, and the one that it replaces. `created_at` in Unix ms. */
export interface CountedScore extends Pick<HourRatings, "version" | "model"> {
  prompt: string;
  created_at: number;
  score: number;
  before: number | null;
}

/** The parts of sums that are kept: scores are added and taken out again, and must not drift. */
const PRECISION = 1e6;

/** Adds ratings to `total` in place. */
export function addRatings(total: RatingCell, more: RatingCell): void {
  total.count += more.count;
  total.sum += more.sum;
  total.squares += more.squares;
}

/** The ratings of a prompt's day with one score more, or with another one in its place. */
export function withScore(ratings: readonly HourRatings[], hour: number, given: CountedScore): HourRatings[] {
  const { version, model, score, before } = given;
  const isSame = (each: HourRatings) => each.hour === hour && each.version === version && each.model === model;
  const known = ratings.find(isSame) ?? { hour, version, model, count: 0, sum: 0, squares: 0 };
  const changed = {
    ...known,
    count: known.count + (before === null ? 1 : 0),
    sum: exact(known.sum + score - (before ?? 0)),
    squares: exact(known.squares + score ** 2 - (before ?? 0) ** 2),
  };
  return [...ratings.filter((each) => !isSame(each)), changed];
}

function exact(sum: number): number {
  return Math.max(0, Math.round(sum * PRECISION) / PRECISION);
}
