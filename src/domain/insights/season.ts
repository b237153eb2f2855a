import { DAY_HOURS, dayOfHour } from "../ledger/periods.ts";

/** Hours of a week. */
export const WEEK_HOURS = 7 * DAY_HOURS;

/**
 * What was measured in an hour. Of a count `value` is the count and `weight` what it is a part of
 * (1, or the executions that could have failed); of a mean `weight` is how much it is a mean of.
 */
export interface Sample {
  hour: number;
  value: number;
  weight: number;
}

/** Counts are compared by their ratio to what is expected, means by their difference. */
export type SampleKind = "count" | "mean";

/** What is expected of an hour for each unit of weight. */
export type Expect = (hour: number) => number;

/** What is expected of each hour, and what the other weeks alone say of the hours of a week. */
export interface Season {
  expect: Expect;
  left: Expect;
}

/** 1970 began on a Thursday. */
const FIRST_WEEKDAY = 4;

/** Ways to tell hours apart, from none to the hour of the week. */
const GROUPS: ReadonlyArray<(hour: number) => number> = [
  () => 0,
  (hour) => hour % DAY_HOURS,
  (hour) => (hour % DAY_HOURS) + (isWeekend(hour) ? DAY_HOURS : 0),
  (hour) => hour % WEEK_HOURS,
];
/** How much better a finer season must be than a coarser one, which needs fewer data. */
const MIN_GAIN = 0.02;
/** How much each group of a season is drawn to the coarser one, in samples. */
const PULL = 1;
/** Weeks that are told apart, a power of two. */
const MAX_WEEKS = 8;

/**
 * Chooses how finely hours are told apart, by how well the other weeks say what a week has, so that
 * noise is not taken for a season. `weekOf` tells the weeks.
 */
export function chooseSeason(samples: readonly Sample[], kind: SampleKind, weekOf: (hour: number) => number): Season {
  let chosen: Season | undefined;
  let [coarser, least]: [Season | undefined, number] = [undefined, Infinity];
  for (const groupOf of GROUPS) {
    const season = sumSeason(samples, kind, { groupOf, weekOf, coarser });
    const loss = samples.reduce((sum, sample) => sum + lossOf(sample, season.left(sample.hour), kind), 0);
    if (!chosen || loss < least * (1 - MIN_GAIN)) [chosen, least] = [season, loss];
    coarser = season;
  }
  return chosen ?? { expect: () => 0, left: () => 0 };
}

/** How far a sample is off, so that samples of different sizes can be added up. */
function lossOf({ value, weight }: Sample, expected: number, kind: SampleKind): number {
  if (kind === "mean") return Math.abs(value - expected) * Math.sqrt(weight);
  return Math.abs(Math.sqrt(value + 0.375) - Math.sqrt(Math.max(0, expected * weight) + 0.125));
}

interface Grouping {
  groupOf: (hour: number) => number;
  weekOf: (hour: number) => number;
  coarser: Season | undefined;
}

/** Sums by group. They are numbers in rows, because a map of them would cost most of the time. */
class GroupSums {
  readonly values: Float64Array;
  readonly weights: Float64Array;

  constructor(size: number) {
    [this.values, this.weights] = [new Float64Array(size), new Float64Array(size)];
  }

  add(at: number, value: number, weight: number): void {
    this.values[at] = (this.values[at] ?? 0) + value;
    this.weights[at] = (this.weights[at] ?? 0) + weight;
  }
}

function sumSeason(samples: readonly Sample[], kind: SampleKind, { groupOf, weekOf, coarser }: Grouping): Season {
  const ofWeekAt = (hour: number) => (weekOf(hour) & (MAX_WEEKS - 1)) * WEEK_HOURS + groupOf(hour);
  const all = new GroupSums(WEEK_HOURS);
  const ofWeeks = new GroupSums(WEEK_HOURS * MAX_WEEKS);
  let total = 0;
  for (const { hour, value, weight } of samples) {
    const sum = kind === "count" ? value : value * weight;
    all.add(groupOf(hour), sum, weight);
    ofWeeks.add(ofWeekAt(hour), sum, weight);
    total += weight;
  }
  const pull = coarser ? (PULL * total) / Math.max(1, samples.length) : 0;
  const levelOf = (value: number, weight: number, drawnTo: number) =>
    weight + pull > 0 ? (value + pull * drawnTo) / (weight + pull) : drawnTo;
  return {
    expect: (hour) => {
      const at = groupOf(hour);
      return levelOf(all.values[at] ?? 0, all.weights[at] ?? 0, coarser?.expect(hour) ?? 0);
    },
    left: (hour) => {
      const [at, own] = [groupOf(hour), ofWeekAt(hour)];
      const value = (all.values[at] ?? 0) - (ofWeeks.values[own] ?? 0);
      const weight = (all.weights[at] ?? 0) - (ofWeeks.weights[own] ?? 0);
      return levelOf(value, weight, coarser?.left(hour) ?? 0);
    },
  };
}

function isWeekend(hour: number): boolean {
  return [0, 6].includes((dayOfHour(hour) + FIRST_WEEKDAY) % 7);
}
