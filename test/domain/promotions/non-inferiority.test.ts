import { describe, expect, it } from "vitest";
import { createDraws, type Draws } from "../../../load/proofs/insights/draws.ts";
import { comparePassRates, MARGIN, proveWorse, repeatsFor } from "../../../src/domain/promotions/non-inferiority.ts";

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

describe("the proof that a version is worse", () => {
  const LEVEL = 0.002;
  const one = (passed: number, trials: number, served_passed = trials) => [
    { passed, trials, served_passed, served_trials: trials },
  ];

  it.each([
    ["a test that nearly always passes", [0.99], 100],
    ["a test that passes half of the time", [0.5], 100],
    ["five tests of three trials", [1, 0.98, 0.9, 0.8, 0.5], 3],
    ["twenty tests of one trial", Array.from({ length: 20 }, (_, at) => 0.5 + at / 40), 1],
  ] as const)("is not given of one that is as good more often than its level says: %s", (_, rates, trials) => {
    const runs = 5_000;
    let proven = 0;
    for (let seed = 0; seed < runs; seed++) {
      const draws = createDraws(seed);
      const tests = rates.map((rate) => ({
        passed: passes(draws, rate, trials),
        trials,
        served_passed: passes(draws, rate, trials),
        served_trials: trials,
      }));
      if (proveWorse(tests, LEVEL).is_worse) proven += 1;
    }
    expect(proven).toBeLessThanOrEqual(2 * LEVEL * runs);
  });

  it("is given of one that falls by much, and not for a lack of trials", () => {
    expect(proveWorse(one(60, 100), LEVEL)).toMatchObject({ is_worse: true, difference: -0.4 });
    expect(proveWorse(one(1, 3), LEVEL).is_worse).toBe(false);
    expect(proveWorse(one(2, 3), LEVEL)).toMatchObject({ is_worse: false, is_non_inferior: false });
    expect(proveWorse([], LEVEL).is_worse).toBe(false);
  });

  it("is not given of one that would be promoted, however sure it is that it passes less often", () => {
    expect(proveWorse(one(97_000, 100_000), LEVEL)).toMatchObject({ is_non_inferior: true, is_worse: false });
  });
});
