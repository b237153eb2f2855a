import { normalQuantile } from "../../lib/normal-quantile.ts";

/** Counts that are expected to be larger are near enough to a normal distribution. */
const EXACT_BELOW = 20;
/** Scores are not told apart beyond this: the probabilities have no more digits. */
const MAX_SCORE = 8;

/**
 * How unusual a count is, as standard deviations of a normal distribution: negative where it is too
 * small. Counts vary as those of independent events do (Poisson), and by a share `spread` of what
 * is expected beside that (negative binomial).
 */
export function scoreCount(count: number, expected: number, spread: number): number {
  const score =
    expected < EXACT_BELOW
      ? exactScore(count, expected, spread)
      : stabilized(count, spread) - stabilized(expected - 0.25, spread);
  return Math.max(-MAX_SCORE, Math.min(MAX_SCORE, score));
}

/** A form of a count whose variance is about one whatever is expected (F. J. Anscombe, 1948). */
function stabilized(count: number, spread: number): number {
  const root = Math.sqrt(Math.max(0, count) + 0.375);
  return spread === 0 ? 2 * root : (2 / spread) * Math.asinh(spread * root);
}

/** By the probability of a larger count, and half of that of the same one. */
function exactScore(count: number, expected: number, spread: number): number {
  if (expected <= 0) return count > 0 ? MAX_SCORE : 0;
  const sizes = spread === 0 ? Infinity : 1 / spread ** 2;
  const ratio = spread === 0 ? expected : expected / (sizes + expected);
  let probability = spread === 0 ? Math.exp(-expected) : (1 - ratio) ** sizes;
  let smaller = 0;
  for (let k = 1; k <= count; k++) {
    smaller += probability;
    probability *= spread === 0 ? expected / k : (ratio * (k - 1 + sizes)) / k;
  }
  const share = smaller + probability / 2;
  // Near one only what is missing to it has digits enough.
  return share < 0.5 ? normalQuantile(share) : -normalQuantile(Math.max(0, 1 - share));
}
