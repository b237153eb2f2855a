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

/** Which of a day's cells one is. */
type RatingPlace = Pick<HourRatings, "hour" | "version" | "model">;

/** A score that an execution was given, and the one that it replaces. `created_at` in Unix ms. */
export interface CountedScore extends Pick<HourRatings, "version" | "model"> {
  prompt: string;
  created_at: number;
  score: number;
  before: number | null;
}

/** Stands for the versions beyond those that a day tells apart. Versions begin at 1. */
export const OTHER_VERSIONS = 0;
/** The most cells of a prompt's day: it is a stored row that is written anew with each score. */
const MAX_CELLS = 240;
/** The parts of sums that are kept: scores are added and taken out again, and must not drift. */
const PRECISION = 1e6;

/** Adds ratings to `total` in place. */
export function addRatings(total: RatingCell, more: RatingCell): void {
  total.count += more.count;
  total.sum += more.sum;
  total.squares += more.squares;
}

/**
 * The ratings of a prompt's day with one score more, or with another one in its place. Where there
 * are too many, the smallest lose their models (it is null) and then their versions. Their hours
 * stay.
 */
export function withScore(ratings: readonly HourRatings[], hour: number, given: CountedScore): HourRatings[] {
  const { version, model, score, before } = given;
  const own: RatingPlace = { hour, version, model };
  // The score that is replaced may have been stored among others.
  const places = before === null ? [own] : [own, ...othersOf(own)];
  const place = places.find((each) => ratings.some((known) => isSame(known, each))) ?? own;
  const isPlace = (each: HourRatings) => isSame(each, place);
  const known = ratings.find(isPlace) ?? { ...place, count: 0, sum: 0, squares: 0 };
  const changed = {
    ...known,
    count: known.count + (before === null ? 1 : 0),
    sum: exact(known.sum + score - (before ?? 0)),
    squares: exact(known.squares + score ** 2 - (before ?? 0) ** 2),
  };
  return bounded([...ratings.filter((each) => !isPlace(each)), changed]);
}

/** Where a cell goes that is not told apart: first by its model, then by its version. */
function othersOf({ hour, version }: RatingPlace): RatingPlace[] {
  return [
    { hour, version, model: null },
    { hour, version: OTHER_VERSIONS, model: null },
  ];
}

/** No more cells than there may be. Of those with the fewest scores, the last changed stay. */
function bounded(ratings: HourRatings[]): HourRatings[] {
  if (ratings.length <= MAX_CELLS) return ratings;
  const cells = new Map(ratings.map((each) => [keyOf(each), each]));
  for (const step of [0, 1]) {
    for (const least of [...cells.values()].toSorted((a, b) => a.count - b.count)) {
      const into = othersOf(least)[step];
      if (cells.size <= MAX_CELLS || !into || keyOf(into) === keyOf(least)) continue;
      cells.delete(keyOf(least));
      const { count, sum, squares } = cells.get(keyOf(into)) ?? { count: 0, sum: 0, squares: 0 };
      cells.set(keyOf(into), {
        ...into,
        count: count + least.count,
        sum: exact(sum + least.sum),
        squares: exact(squares + least.squares),
      });
    }
  }
  return [...cells.values()];
}

function isSame(a: RatingPlace, b: RatingPlace): boolean {
  return a.hour === b.hour && a.version === b.version && a.model === b.model;
}

function keyOf({ hour, version, model }: RatingPlace): string {
  return `${hour} ${version} ${model ?? ""}`;
}

function exact(sum: number): number {
  return Math.max(0, Math.round(sum * PRECISION) / PRECISION);
}
