import { median, quantile, robustScale } from "./robust.ts";
import { WEEK_HOURS } from "./season.ts";

/** What is expected of an hour, and between which bounds it stays nine times in ten. */
export interface Expected {
  expected: number;
  low: number;
  high: number;
}

/** A forecast of hourly amounts. */
export interface HourlyForecast {
  /** Of the hour that comes so many hours after the last one that is known, from 0 on. */
  at(ahead: number): Expected;
  /**
   * The mean error of forecasts for a week that were made of the past alone, as a share of that of
   * taking the week before: below 1 is better. Null where the past is too short.
   */
  relative_error: number | null;
}

/** The least that a forecast is made of, and what tells how good it is. */
export const LEAST_WEEKS = 2;
const TESTED_WEEKS = 4;
/** The share of hours that stay within the bounds. */
const COVERAGE = 0.9;
/** What a week adds to the variance of what is forecast, as a share of that of an hour. */
const DRIFT = 0.1;
/**
 * How fast level, trend and season follow what comes, and how much of a trend is left an hour on.
 */
const ALPHAS = [0.005, 0.02, 0.08, 0.25];
const BETAS = [0, 0.002];
const GAMMAS = [0.1, 0.3];
const DAMPING = 0.999;
/** Beyond this many standard deviations an hour is no news of the level. */
const OUTLIER = 3;

interface Weights {
  alpha: number;
  beta: number;
  gamma: number;
}

/** Level, trend and season on the scale of logarithms after some hours. */
interface State {
  hours: number;
  level: number;
  trend: number;
  season: Float64Array;
}

/** The states before some hours, and the errors of the forecasts made in the first ones. */
interface Trial {
  last: State;
  errors: { ahead: number; error: number }[];
}

/**
 * Forecasts an hourly amount by exponential smoothing with a damped trend and a season of a week
 * (C. C. Holt and P. R. Winters, 1960; E. S. Gardner, 1985) on the scale of logarithms, on which
 * busy and quiet hours vary alike. The weights are those that would have forecast the last weeks
 * best, and the bounds are as wide as those forecasts were wrong. Null where there are less than
 * two weeks.
 */
export function forecastHours(amounts: readonly number[]): HourlyForecast | null {
  if (amounts.length < LEAST_WEEKS * WEEK_HOURS) return null;
  const values = Float64Array.from(amounts, (amount) => Math.log1p(Math.max(0, amount)));
  const all = ALPHAS.flatMap((alpha) => BETAS.flatMap((beta) => GAMMAS.map((gamma) => ({ alpha, beta, gamma }))));
  const trials = all.map((weights) => smooth(values, weights));
  const [best] = trials.toSorted((a, b) => meanError(a) - meanError(b));
  if (!best) return null;
  const { last, errors } = best;
  // With no forecast to judge by, the season that was learned is wrong by at least the noise.
  const known = errors.length > 0 ? errors.map(({ error }) => Math.abs(error)) : noiseOf(values);
  const width = quantile(known, COVERAGE);
  const factor = smearingOf(amounts, values, last);
  return {
    at(ahead) {
      const value = valueAt(last, ahead);
      // The level drifts: what is further ahead is less certain. The width is that of half a week.
      const off = width * Math.sqrt((1 + DRIFT * (ahead / WEEK_HOURS)) / (1 + DRIFT / 2));
      const amount = (of: number) => Math.max(0, Math.expm1(of));
      return { expected: amount(value) * factor, low: amount(value - off), high: amount(value + off) };
    },
    relative_error: relativeError(amounts, values, best),
  };
}

/** Follows the values, and forecasts the last weeks, each from what came before it. */
function smooth(values: Float64Array, weights: Weights): Trial {
  const state = firstState(values);
  const scale = Math.max(1e-6, robustScale(noiseOf(values)));
  const errors: Trial["errors"] = [];
  const weeks = Math.floor(values.length / WEEK_HOURS);
  const tested = Math.min(TESTED_WEEKS, weeks - LEAST_WEEKS);
  const firstTest = values.length - tested * WEEK_HOURS;
  for (const [at, value] of values.entries()) {
    if (tested > 0 && at >= firstTest && (at - firstTest) % WEEK_HOURS === 0) {
      for (let ahead = 0; ahead < WEEK_HOURS && at + ahead < values.length; ahead++) {
        errors.push({ ahead, error: (values[at + ahead] ?? 0) - valueAt(state, ahead) });
      }
    }
    follow(state, value, weights, OUTLIER * scale);
  }
  return { last: state, errors };
}

function follow(state: State, value: number, { alpha, beta, gamma }: Weights, most: number): void {
  const at = state.hours % WEEK_HOURS;
  const season = state.season[at] ?? 0;
  const before = state.level + DAMPING * state.trend;
  const error = Math.max(-most, Math.min(most, value - before - season));
  state.level = before + alpha * error;
  state.trend = DAMPING * state.trend + alpha * beta * error;
  state.season[at] = season + gamma * (1 - alpha) * error;
  state.hours += 1;
}

/** The value of the hour that comes so many hours after a state. */
function valueAt({ hours, level, trend, season }: State, ahead: number): number {
  const damped = (DAMPING * (1 - DAMPING ** (ahead + 1))) / (1 - DAMPING);
  return level + trend * damped + (season[(hours + ahead) % WEEK_HOURS] ?? 0);
}

/** The level and season of the first two weeks, as if they had just begun. */
function firstState(values: Float64Array): State {
  const some = values.subarray(0, LEAST_WEEKS * WEEK_HOURS);
  const level = some.reduce((sum, value) => sum + value, 0) / some.length;
  const season = Float64Array.from({ length: WEEK_HOURS }, (_, at) => {
    const same = [at, at + WEEK_HOURS].map((hour) => some[hour] ?? level);
    return same.reduce((sum, value) => sum + value, 0) / same.length - level;
  });
  return { hours: 0, level, trend: 0, season };
}

/** How far hours are from those of the week before. */
function noiseOf(values: Float64Array): number[] {
  return Array.from(values.subarray(WEEK_HOURS), (value, at) => Math.abs(value - (values[at] ?? 0)) / Math.SQRT2);
}

function meanError({ errors }: Trial): number {
  return errors.length === 0 ? 0 : errors.reduce((sum, { error }) => sum + Math.abs(error), 0) / errors.length;
}

/** By how much means are larger than what the logarithms say (N. Duan's smearing, 1983). */
function smearingOf(amounts: readonly number[], values: Float64Array, { season }: State): number {
  const from = amounts.length - LEAST_WEEKS * WEEK_HOURS;
  const level = median(
    Array.from(values.subarray(from), (value, at) => value - (season[(from + at) % WEEK_HOURS] ?? 0)),
  );
  let [found, fitted] = [0, 0];
  for (let at = from; at < amounts.length; at++) {
    found += amounts[at] ?? 0;
    fitted += Math.max(0, Math.expm1(level + (season[at % WEEK_HOURS] ?? 0)));
  }
  return fitted > 0 ? Math.max(0.5, Math.min(2, found / fitted)) : 1;
}

function relativeError(amounts: readonly number[], values: Float64Array, { errors }: Trial): number | null {
  if (errors.length === 0) return null;
  const from = amounts.length - errors.length;
  let [own, naive] = [0, 0];
  for (const [at, { error }] of errors.entries()) {
    const amount = amounts[from + at] ?? 0;
    own += Math.abs(amount - Math.max(0, Math.expm1((values[from + at] ?? 0) - error)));
    naive += Math.abs(amount - (amounts[from + at - WEEK_HOURS] ?? 0));
  }
  return naive === 0 ? null : own / naive;
}
