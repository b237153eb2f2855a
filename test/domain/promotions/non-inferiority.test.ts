import { describe, expect, it } from "vitest";
import { createDraws, type Draws } from "../../../load/proofs/insights/draws.ts";
import { comparePassRates, MARGIN, repeatsFor } from "../../../src/domain/promotions/non-inferiority.ts";

const passes = (draws: Draws, rate: number, trials: number) =>
  Array.from({ length: trials }, () => draws.unit() < rate).filter(Boolean).length;

/** The share of comparisons that pass where each test passes at its rate, less `worse` with the new version. */
function shareOfPasses(rates: readonly number[], worse: number, runs: number): number {
  const trials = repeatsFor(rates.length, 1_000);
  let passed = 0;
  for (let seed = 0; seed < runs; seed++) {
    const draws = createDraws(seed);
    const tests = rates.map((rate) => ({
      passed: passes(draws, rate - worse, trials),
      trials,
      served_passed: passes(draws, rate, trials),
      served_trials: trials,
    }));
    if (comparePassRates(tests).is_non_inferior) passed += 1;
  }
  return passed / runs;
}

const SUITES: [string, number[]][] = [
  ["one test", [0.95]],
  ["five easy tests", [1, 1, 0.98, 0.95, 0.9]],
  ["twenty tests, hard and easy", Array.from({ length: 20 }, (_, at) => 0.5 + at / 40)],
];

describe("the comparison of pass rates", () => {
  it.each(SUITES)("lets a version that is worse by the margin pass in about 5 %% of the cases: %s", (_, rates) => {
    expect(shareOfPasses(rates, MARGIN, 2_000)).toBeLessThan(0.065);
  });

  it.each(SUITES)("lets a version that is as good pass mostly: %s", (_, rates) => {
    expect(shareOfPasses(rates, 0, 500)).toBeGreaterThan(rates.length === 20 ? 0.45 : 0.75);
  });

  it("says the difference of the mean rates, whatever the tests' own rates are", () => {
    const { difference, lower_bound } = comparePassRates([
      { passed: 10, trials: 10, served_passed: 9, served_trials: 10 },
      { passed: 2, trials: 10, served_passed: 5, served_trials: 10 },
    ]);
    expect(difference).toBeCloseTo(-0.1);
    expect(lower_bound).toBeLessThan(difference);
    expect(comparePassRates([]).is_non_inferior).toBe(false);
  });

  it("tries tests a hundred times together, each three times at least, within the bounds of a run", () => {
    expect([1, 7, 50, 400, 1_000].map((tests) => repeatsFor(tests, 1_000))).toEqual([100, 15, 3, 2, 1]);
  });
});
