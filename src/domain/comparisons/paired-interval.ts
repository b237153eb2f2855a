/** Resamples of an interval: enough that its ends move by less than its own uncertainty. */
const RESAMPLES = 1_000;
/** The two-sided 95 % quantile of the normal distribution. */
const Z = 1.959_963_984_540_054;

/** The ends of an interval. */
export type Interval = [low: number, high: number];

/**
 * A 95 % interval of the mean of paired differences, one of each input, by a bootstrap of the
 * inputs, whose seed is the same each time. The percentiles are widened as Hesterberg (2015, “What
 * teachers should know about the bootstrap”) does, because plain ones cover too little for few
 * inputs. `bound`: no difference is larger, and one of each sign of that size is added, as Bonett
 * and Price (2012) do for rates: where no difference was seen yet, one that is rare is not
 * excluded. Null where too little is known: without inputs, or of one without a bound.
 */
export function pairedInterval(
  differences: readonly number[],
  { bound, seed = 1 }: { bound?: number | undefined; seed?: number } = {},
): Interval | null {
  const sample = bound === undefined ? differences : [...differences, bound, -bound];
  const count = sample.length;
  if (differences.length === 0 || count < 2) return null;
  const random = seededRandom(seed);
  const means = new Float64Array(RESAMPLES);
  for (let at = 0; at < RESAMPLES; at++) {
    let sum = 0;
    for (let drawn = 0; drawn < count; drawn++) sum += sample[Math.floor(random() * count)] ?? 0;
    means[at] = sum / count;
  }
  means.sort();
  const tail = normalTail(Math.sqrt(count / (count - 1)) * studentQuantile(count - 1));
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/** The mean of some values; 0 of none. */
export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Between the two values that are nearest. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const [low = 0, high = low] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - Math.floor(place));
}

/** The two-sided 95 % quantile of Student's t, by its expansion around the normal one. */
function studentQuantile(degrees: number): number {
  const [z3, z5] = [Z ** 3, Z ** 5];
  return Z + (z3 + Z) / (4 * degrees) + (5 * z5 + 16 * z3 + 3 * Z) / (96 * degrees ** 2);
}

/** The chance that a normal value exceeds `z` ≥ 0 (Abramowitz and Stegun 26.2.17). */
function normalTail(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * z);
  const series =
    t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
}

/** Random numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
