/** The two-sided 95 % quantile of the normal distribution. */
const Z = 1.959_963_984_540_054;

/**
 * A 95 % interval of the rate behind `passed` of `total` independent trials: Wilson's score
 * interval with continuity correction (Newcombe 1998, method 4), because the plain one covers less
 * than it says for few trials and rates near 1. [0, 1] without trials.
 */
export function wilsonInterval(passed: number, total: number): [low: number, high: number] {
  if (total === 0) return [0, 1];
  const [n, p, z2] = [total, passed / total, Z * Z];
  const spread = (sign: 1 | -1) => Z * Math.sqrt(Math.max(0, z2 - sign * 2 - 1 / n + 4 * p * (n * (1 - p) + sign)));
  const low = (2 * n * p + z2 - 1 - spread(1)) / (2 * (n + z2));
  const high = (2 * n * p + z2 + 1 + spread(-1)) / (2 * (n + z2));
  return [passed === 0 ? 0 : Math.max(0, low), passed === total ? 1 : Math.min(1, high)];
}

/**
 * The unbiased estimate of pass^k, the chance that k trials in a row all pass, from `passed` of
 * `total` trials: C(passed, k) / C(total, k). Needs k ≤ total.
 */
export function passHatK(passed: number, total: number, k: number): number {
  let chance = 1;
  for (let at = 0; at < k; at++) chance *= Math.max(0, passed - at) / (total - at);
  return chance;
}
