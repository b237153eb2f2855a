import { describe, expect, it } from "vitest";
import { satisfactionOf } from "../../../src/domain/insights/satisfaction.ts";
import { type HourRatings, withScore } from "../../../src/domain/ledger/rating-cell.ts";

const DAY = 24 * 20_000;

/** Scores of 0.5 one after the other, each by hour of the day, version and model. */
function rate(scores: Iterable<[hour: number, version: number, model: string]>, ratings: HourRatings[] = []) {
  for (const [hour, version, model] of scores) {
    const given = { version, model, prompt: "p", created_at: 0, score: 0.5, before: null };
    ratings = withScore(ratings, DAY + hour, given);
  }
  return ratings;
}

const times = <T>(count: number, value: (n: number) => T) => Array.from({ length: count }, (_, n) => value(n));
const counts = (ratings: readonly HourRatings[]) => ratings.reduce((sum, { count }) => sum + count, 0);
const countOf = (ratings: readonly HourRatings[], of: Partial<HourRatings>) =>
  counts(
    ratings.filter((each) => Object.entries(of).every(([name, value]) => each[name as keyof HourRatings] === value)),
  );

describe("the ratings of a day", () => {
  it("tell thousands of models apart by those with the most scores, and hours and versions all the same", () => {
    const ratings = rate(times(2_400, (n) => [n % 24, 1 + (n % 2), n % 5 === 0 ? "often" : `model-${n}`]));
    expect([ratings.length, counts(ratings)]).toEqual([240, 2_400]);
    expect(countOf(ratings, { model: "often" })).toBe(480);
    expect(times(24, (hour) => countOf(ratings, { hour: DAY + hour }))).toEqual(times(24, () => 100));
    expect(satisfactionOf(ratings).map(({ version, ratings: of }) => [version, of])).toEqual([
      [2, 1_200],
      [1, 1_200],
    ]);
  });

  it("tell thousands of versions apart in the same way, and then the others by their hours", () => {
    const ratings = rate(times(1_200, (n) => [n % 24, n % 3 === 0 ? 1 : 2 + n, "one"]));
    expect([ratings.length, counts(ratings), countOf(ratings, { version: 1 })]).toEqual([240, 1_200, 400]);
    expect(countOf(ratings, { hour: DAY + 7 })).toBe(50);
    expect(satisfactionOf(ratings).every(({ version }) => version > 0)).toBe(true);
  });

  it("take a score out of the others, where its model is no longer told apart", () => {
    const full = rate(times(300, (n) => [0, 1, `model-${n}`]));
    const given = { version: 1, prompt: "p", created_at: 0, score: 1, before: 0.5 };
    const again = withScore(full, DAY, { ...given, model: "model-0" });
    const others = (ratings: readonly HourRatings[]) => ratings.find(({ model }) => model === null);
    expect(others(full)).toEqual({ hour: DAY, version: 1, model: null, count: 61, sum: 30.5, squares: 15.25 });
    expect(others(again)).toEqual({ hour: DAY, version: 1, model: null, count: 61, sum: 31, squares: 16 });
    expect([again.length, counts(again)]).toEqual([240, 300]);
  });

  it("of an older version are bounded with the next score", () => {
    const old = times(10_000, (n) => ({ hour: DAY, version: 1, model: `m${n}`, count: 1, sum: 1, squares: 1 }));
    const ratings = rate([[0, 1, "new"]], old);
    expect([ratings.length, counts(ratings), countOf(ratings, { model: "new" })]).toEqual([240, 10_001, 1]);
  });
});
