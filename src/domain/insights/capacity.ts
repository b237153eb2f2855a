import { type BudgetWindow, windowEnd } from "../budgets/budget-window.ts";
import { DAY_HOURS, HOUR_MS } from "../ledger/periods.ts";
import type { Expected, HourlyForecast } from "./holt-winters.ts";

/** What is used of a limit at a time (Unix ms). */
interface Use extends Expected {
  at: number;
}

/** When a limit will be reached, and what would be needed to stay within it. Times are Unix ms. */
export interface Exhaustion {
  /** The first time at which the forecast is over the limit; null if not within the horizon. */
  expected: number | null;
  /** The same for the upper bound, which comes first, and for the lower one. */
  earliest: number | null;
  latest: number | null;
  /** The most that is used within the horizon. */
  most: Expected;
}

/** The hours of a forecast, from one on: `start` is Unix ms. */
export interface Horizon {
  start: number;
  hours: number;
}

/** The largest of the sixty minutes of an hour, in standard deviations above the mean. */
const PEAK = 2.4;
const MINUTES = 60;

/** Compares what is used with a limit. */
export function exhaustionOf(uses: Iterable<Use>, limit: number): Exhaustion {
  const found: Exhaustion = { expected: null, earliest: null, latest: null, most: { expected: 0, low: 0, high: 0 } };
  for (const { at, expected, low, high } of uses) {
    if (expected > limit) found.expected ??= at;
    if (high > limit) found.earliest ??= at;
    if (low > limit) found.latest ??= at;
    const { most } = found;
    found.most = {
      expected: Math.max(most.expected, expected),
      low: Math.max(most.low, low),
      high: Math.max(most.high, high),
    };
  }
  return found;
}

/**
 * The busiest minute of each hour, where requests come independently of each other. `each` is what
 * one request uses: 1, or its tokens.
 */
export function* minuteUses(requests: HourlyForecast, each: number, { start, hours }: Horizon): Generator<Use> {
  const peak = (ofHour: number) => {
    const mean = ofHour / MINUTES;
    return each * (mean + PEAK * Math.sqrt(mean));
  };
  for (let ahead = 0; ahead < hours; ahead++) {
    const { expected, low, high } = requests.at(ahead);
    yield { at: start + ahead * HOUR_MS, expected: peak(expected), low: peak(low), high: peak(high) };
  }
}

/** What a budget counts as spent in each hour, which begins anew with each of its windows. */
export function* budgetUses(
  cost: HourlyForecast,
  { window, spent, share }: { window: BudgetWindow; spent: number; share: number },
  { start, hours }: Horizon,
): Generator<Use> {
  let sum = { expected: spent, low: spent, high: spent };
  let end = windowEnd(window, start);
  for (let ahead = 0; ahead < hours; ahead++) {
    const at = start + ahead * HOUR_MS;
    if (at >= end) [sum, end] = [{ expected: 0, low: 0, high: 0 }, windowEnd(window, at)];
    const { expected, low, high } = cost.at(ahead);
    sum = { expected: sum.expected + share * expected, low: sum.low + share * low, high: sum.high + share * high };
    yield { at, ...sum };
  }
}

/** The size of a database that grows and shrinks as the executions of a day do. */
export function* storageUses(
  executions: HourlyForecast,
  { bytes, perDay }: { bytes: number; perDay: number },
  { start, hours }: Horizon,
): Generator<Use> {
  for (const { at, day } of days(executions, { start, hours })) {
    const of = (amount: number) => (perDay > 0 ? bytes * Math.max(1, amount / perDay) : bytes);
    yield { at, expected: of(day.expected), low: of(day.low), high: of(day.high) };
  }
}

/** The sums of whole days from the start on. */
export function* days(forecast: HourlyForecast, { start, hours }: Horizon): Generator<{ at: number; day: Expected }> {
  for (let from = 0; from + DAY_HOURS <= hours; from += DAY_HOURS) {
    const day = { expected: 0, low: 0, high: 0 };
    for (let ahead = from; ahead < from + DAY_HOURS; ahead++) {
      const hour = forecast.at(ahead);
      day.expected += hour.expected;
      day.low += hour.low;
      day.high += hour.high;
    }
    yield { at: start + from * HOUR_MS, day };
  }
}
