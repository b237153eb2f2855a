import { normalQuantile } from "../../lib/normal-quantile.ts";

/** One test, tried some times by each of two versions. */
export interface PairedTest {
  passed: number;
  trials: number;
  served_passed: number;
  served_trials: number;
}

/** What the tests say of a new version beside the served one. */
export interface PassComparison {
  /** The pass rate of the new version minus that of the served one, as a mean over the tests. */
  difference: number;
  /** The difference is larger than this, with {@link CONFIDENCE}. */
  lower_bound: number;
  is_non_inferior: boolean;
}

/** A new version may pass so much less often, in shares of one. */
export const MARGIN = 0.1;
/** How sure it has to be that it does not pass less often than that, one-sided. */
export const CONFIDENCE = 0.95;
/** The quantile of {@link CONFIDENCE} in the normal distribution. */
const Z = 1.644_853_626_951_472_2;

/**
 * Whether a new version's pass rate is not inferior to the served version's by more than {@link
 * MARGIN}. Each test is compared with itself, so that hard tests add nothing to the error; the
 * difference is the mean over the tests. Its variance is that of the trials alone, because the
 * tests are the ones that count and no sample of others. Rates near 1 have too small a variance in
 * a few trials, so each gets one success and one failure more for it, as in Agresti and Caffo
 * (2000). `test/domain/promotions/non-inferiority.test.ts` counts how often a version passes that
 * is worse by the margin.
 */
export function comparePassRates(tests: readonly PairedTest[]): PassComparison {
  const { difference, error } = differenceOf(tests);
  const lower_bound = difference - Z * error;
  return { difference, lower_bound, is_non_inferior: tests.length > 0 && lower_bound > -MARGIN };
}

/** What the tests say against a version that is served already. */
export interface WorseProof extends PassComparison {
  /** The difference is smaller than this, with the confidence that was asked for. */
  upper_bound: number;
  /** It would not be promoted, and it passes less often: few trials alone prove neither. */
  is_worse: boolean;
}

/**
 * Whether a new version is inferior to the served one: {@link comparePassRates} does not let it
 * pass, and its pass rate is lower for certain. `level` is the chance that this is said of a
 * version that passes as often.
 */
export function proveWorse(tests: readonly PairedTest[], level: number): WorseProof {
  const comparison = comparePassRates(tests);
  const { difference, error } = differenceOf(tests);
  const upper_bound = difference - normalQuantile(level) * error;
  const is_worse = tests.length > 0 && !comparison.is_non_inferior && upper_bound < 0;
  return { ...comparison, upper_bound, is_worse };
}

/** The mean difference over the tests, and its standard error. */
function differenceOf(tests: readonly PairedTest[]): { difference: number; error: number } {
  let [difference, variance] = [0, 0];
  for (const { passed, trials, served_passed, served_trials } of tests) {
    difference += (passed / trials - served_passed / served_trials) / tests.length;
    variance += (varianceOf(passed, trials) + varianceOf(served_passed, served_trials)) / tests.length ** 2;
  }
  return { difference, error: Math.sqrt(variance) };
}

function varianceOf(passed: number, trials: number): number {
  const rate = (passed + 1) / (trials + 2);
  return (rate * (1 - rate)) / trials;
}

/** The trials of a version that say enough, and the least of each test. */
const TRIALS = 100;
const LEAST_TRIALS = 3;

/** How often each test is tried: so often that they say enough together, within `most` trials. */
export function repeatsFor(tests: number, most: number): number {
  return Math.max(1, Math.min(Math.max(LEAST_TRIALS, Math.ceil(TRIALS / tests)), Math.floor(most / tests)));
}
