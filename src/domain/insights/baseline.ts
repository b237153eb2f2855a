import { scoreCount } from "./count-score.ts";
import { autocorrelation, median, medianSlope, robustScale } from "./robust.ts";
import { chooseSeason, type Expect, type Sample, type SampleKind, WEEK_HOURS } from "./season.ts";

/** What a series usually does: what is expected of each hour, and how far hours are off it. */
export interface Baseline {
  kind: SampleKind;
  /** What is expected of an hour for each unit of weight. */
  expect: Expect;
  /** How far a sample is off, in standard deviations. */
  score: (sample: Sample) => number;
  /** The standard deviation at a sample: of its count, or of its mean. */
  deviation: (sample: Sample) => number;
  /** Scores of what it was learned from, each by what the other weeks say. */
  scores: readonly number[];
  /** How alike the scores of neighbouring hours are, from 0 to 0.8. */
  correlation: number;
}

/** Samples that are further off, in standard deviations, are no example of what is usual. */
const OUTLIER = 4;
/** What a week may grow or shrink by, as far as it is believed: a share, or a difference. */
const MAX_SLOPE = 0.15;
/** A slope is believed from this number of weeks on. */
const SLOPE_WEEKS = 3;
/** A slope is believed by half if it is the square root of this times as large as its error. */
const DOUBT = 4;
const MAX_CORRELATION = 0.8;
/** How much counts may vary beyond chance, as shares of what is expected. */
const SPREADS = [0, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18, 0.25, 0.35, 0.5, 0.75, 1.1];
/**
 * How much means may vary from hour to hour, beside what those of a middling hour vary by chance.
 */
const HOURLY_SHARES = [1, 0.1, 0.3, 3, 10];
/** Of some size, so that a series without any noise has a scale. */
const MIN_SCALE = 1e-9;

/** Learns what is usual from samples of whole weeks before the hour `end`. */
export function learnBaseline(learned: readonly Sample[], kind: SampleKind, end: number): Baseline {
  const weekOf = (hour: number) => Math.floor((hour - end) / WEEK_HOURS);
  const weigh = kind === "count" ? (sample: Sample) => sample : weighing(learned, weekOf);
  const samples = learned.map(weigh);
  const rough = chooseSeason(samples, kind, weekOf);
  const usual = withoutOutliers(samples, kind, rough.left);
  const trend = trendOf(usual, kind, rough.expect, end);
  const level = levelsOf(usual, kind, rough.expect, weekOf);
  const season = chooseSeason(
    usual.map((sample) => leveled(sample, kind, level(weekOf(sample.hour)))),
    kind,
    weekOf,
  );
  const expect: Expect = (hour) => combine(kind, season.expect(hour), trend(hour));
  const left: Expect = (hour) => combine(kind, season.left(hour), level(weekOf(hour)));
  const spread = kind === "count" ? spreadOf(usual, left) : 0;
  const unscaled = samples.map((sample) => rawScore(sample, left(sample.hour), kind, spread));
  // Counts vary at least as much as chance makes them.
  const scale = Math.max(robustScale(unscaled), kind === "count" ? 1 : MIN_SCALE);
  const scores = unscaled.map((score) => score / scale);
  return {
    kind,
    expect,
    score: (sample) => rawScore(weigh(sample), expect(sample.hour), kind, spread) / scale,
    deviation: (sample) => {
      const { hour, weight } = weigh(sample);
      if (kind === "mean") return scale / Math.sqrt(weight);
      const expected = expect(hour) * weight;
      return scale * Math.sqrt(expected + (spread * expected) ** 2);
    },
    scores,
    correlation: Math.max(0, Math.min(MAX_CORRELATION, autocorrelation(scores.map(clip)))),
  };
}

/**
 * How far means can be relied on. They vary with what they are means of, the less the more that is,
 * and beside that from hour to hour; so that small hours and large ones are as often far off.
 */
function weighing(samples: readonly Sample[], weekOf: (hour: number) => number): (sample: Sample) => Sample {
  const usual = median(samples.map(({ weight }) => weight));
  const weighed = (share: number) => (sample: Sample) => ({
    ...sample,
    weight: (sample.weight * usual) / (share * sample.weight + usual),
  });
  const { left } = chooseSeason(samples.map(weighed(1)), "mean", weekOf);
  const unevenness = (share: number) => {
    const scaleOf = (some: readonly Sample[]) =>
      robustScale(some.map(weighed(share)).map((sample) => rawScore(sample, left(sample.hour), "mean", 0)));
    const small = scaleOf(samples.filter(({ weight }) => weight < usual));
    const large = scaleOf(samples.filter(({ weight }) => weight >= usual));
    return small > 0 && large > 0 ? Math.abs(Math.log(small / large)) : 0;
  };
  const [best = 1] = HOURLY_SHARES.toSorted((a, b) => unevenness(a) - unevenness(b));
  return weighed(best);
}

function rawScore({ value, weight }: Sample, expected: number, kind: SampleKind, spread: number): number {
  if (kind === "mean") return (value - expected) * Math.sqrt(weight);
  return scoreCount(value, expected * weight, spread);
}

function withoutOutliers(samples: readonly Sample[], kind: SampleKind, expect: Expect): Sample[] {
  const spread = kind === "count" ? spreadOf(samples, expect) : 0;
  const scores = samples.map((sample) => rawScore(sample, expect(sample.hour), kind, spread));
  const scale = Math.max(robustScale(scores), kind === "count" ? 1 : MIN_SCALE);
  return samples.filter((_, at) => Math.abs(scores[at] ?? 0) <= OUTLIER * scale);
}

/** The least spread with which most scores are no larger than those of a normal distribution. */
function spreadOf(samples: readonly Sample[], expect: Expect): number {
  const all = samples.map(({ hour, value, weight }) => ({ value, expected: expect(hour) * weight }));
  let [low, high] = [0, SPREADS.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const spread = SPREADS[middle] ?? 0;
    if (robustScale(all.map(({ value, expected }) => scoreCount(value, expected, spread))) <= 1) high = middle;
    else low = middle + 1;
  }
  return SPREADS[low] ?? 0;
}

/** How far each week is above or below what is expected of it: a factor, or a difference. */
function levelsOf(
  samples: readonly Sample[],
  kind: SampleKind,
  expect: Expect,
  weekOf: (hour: number) => number,
): (week: number) => number {
  const levels = new Map<number, number>();
  for (const [week, some] of Map.groupBy(samples, ({ hour }) => weekOf(hour))) {
    const [found, expected, weight] = sumsOf(some, kind, expect);
    if (kind === "count") levels.set(week, expected > 0 ? found / expected : 1);
    else levels.set(week, (found - expected) / weight);
  }
  return (week) => levels.get(week) ?? (kind === "count" ? 1 : 0);
}

/** The sums of values, of what was expected of them, and of their weights. */
function sumsOf(samples: readonly Sample[], kind: SampleKind, expect: Expect): [number, number, number] {
  let [found, expected, total] = [0, 0, 0];
  for (const { hour, value, weight } of samples) {
    found += kind === "count" ? value : value * weight;
    expected += expect(hour) * weight;
    total += weight;
  }
  return [found, expected, Math.max(total, MIN_SCALE)];
}

/** Where the levels of the weeks lead, as a factor or a difference by the hour. */
function trendOf(samples: readonly Sample[], kind: SampleKind, expect: Expect, end: number): Expect {
  const weekOf = (hour: number) => Math.floor((hour - end) / WEEK_HOURS);
  const weeks = [...new Set(samples.map(({ hour }) => weekOf(hour)))].toSorted((a, b) => a - b);
  const level = levelsOf(samples, kind, expect, weekOf);
  const levels = weeks.map((week) => (kind === "count" ? Math.log(Math.max(level(week), 0.01)) : level(week)));
  const slope = weeks.length < SLOPE_WEEKS ? 0 : believedSlope(levels);
  // A level stands for the middle of its week.
  const start = median(levels.map((each, at) => each - slope * ((weeks[at] ?? 0) + 0.5)));
  const at = (hour: number) => (Number.isNaN(start) ? 0 : start + (slope * (hour - end)) / WEEK_HOURS);
  return kind === "count" ? (hour) => Math.exp(at(hour)) : at;
}

/**
 * The slope through the levels of weeks, as far as they lie on a line: what is left of it is noise.
 */
function believedSlope(levels: readonly number[]): number {
  const slope = medianSlope(levels);
  const start = median(levels.map((level, at) => level - slope * at));
  const noise = levels.reduce((sum, level, at) => sum + (level - start - slope * at) ** 2, 0) / (levels.length - 2);
  // The sum of the squares of how far the weeks are from their middle.
  const reach = (levels.length * (levels.length ** 2 - 1)) / 12;
  const believed = slope ** 2 / (slope ** 2 + (DOUBT * noise) / reach + MIN_SCALE);
  return Math.max(-MAX_SLOPE, Math.min(MAX_SLOPE, slope * believed));
}

function leveled(sample: Sample, kind: SampleKind, level: number): Sample {
  if (kind === "mean") return { ...sample, value: sample.value - level };
  return { ...sample, value: level > 0 ? sample.value / level : sample.value };
}

function combine(kind: SampleKind, season: number, level: number): number {
  return kind === "count" ? season * level : season + level;
}

function clip(score: number): number {
  return Math.max(-OUTLIER, Math.min(OUTLIER, score));
}
