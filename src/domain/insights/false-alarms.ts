import { normalQuantile } from "../../lib/normal-quantile.ts";
import { quantile } from "./robust.ts";
import { WEEK_HOURS } from "./season.ts";

/**
 * What a tenant's series may alarm about together in a week in which nothing is wrong, on average.
 */
export const FALSE_ALARMS_A_WEEK = 1;

/** From where on a series alarms, in standard deviations. */
export interface Thresholds {
  /** One hour is this far off. */
  spike: number;
  /** The deviations of several hours add up to this. */
  shift: number;
}

/**
 * The part of each deviation that does not add up: half of the smallest shift that is looked for.
 */
export const SLACK = 0.75;
/** The scores beyond this share show how heavy the tail of a series is. */
const TAIL_SHARE = 0.05;
const MIN_TAIL = 10;
/** How much more often than its first overshoot a sum is renewed (D. Siegmund, 1985). */
const OVERSHOOT = 1.166;
const MAX_SHIFT = 60;

/**
 * The thresholds of one of `series` series with which all together keep to the budget: half of it
 * for single hours, half for shifts. `sides` is 2 where both directions alarm. `scores` are those
 * of the hours that the series was learned from.
 */
export function thresholdsFor(series: number, sides: 1 | 2, scores: readonly number[]): Thresholds {
  const perHour = FALSE_ALARMS_A_WEEK / 2 / (Math.max(1, series) * sides * WEEK_HOURS);
  return { spike: spikeThreshold(perHour, scores), shift: shiftThreshold(1 / perHour) };
}

/**
 * A score that one hour exceeds with this probability: by the normal distribution, or by how the
 * largest scores of the series fall off where that is heavier.
 */
function spikeThreshold(perHour: number, scores: readonly number[]): number {
  const normal = -normalQuantile(perHour);
  const sizes = scores.map(Math.abs);
  const from = quantile(sizes, 1 - TAIL_SHARE);
  const beyond = sizes.filter((size) => size > from);
  if (beyond.length < MIN_TAIL) return normal;
  // Without the largest, which may be what nobody wants to be usual.
  const excess = beyond.toSorted((a, b) => a - b).slice(0, -1);
  const mean = excess.reduce((sum, size) => sum + size - from, 0) / excess.length;
  return Math.max(normal, from + mean * Math.log(TAIL_SHARE / 2 / perHour));
}

/** The sum that normal scores reach once in so many hours, on average. */
function shiftThreshold(hours: number): number {
  let [low, high] = [0, MAX_SHIFT];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (meanRunLength(middle) < hours) low = middle;
    else high = middle;
  }
  return high;
}

/** The hours until a sum with {@link SLACK} reaches a threshold though nothing shifted. */
function meanRunLength(threshold: number): number {
  const exponent = 2 * SLACK * (threshold + OVERSHOOT);
  return (Math.exp(exponent) - exponent - 1) / (2 * SLACK ** 2);
}
