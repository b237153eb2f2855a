import { METRIC_FORMS, METRICS, type Metric } from "../../../src/domain/insights/metric.ts";
import type { ScoredSample } from "../../../src/domain/insights/detector.ts";
import type { Sample } from "../../../src/domain/insights/season.ts";
import type { SubjectSeries } from "../../../src/domain/ledger/insight-messages.ts";

/** An alarm of some detector. Hours are numbered from 1970; `until` is the last one. */
export interface Alarm {
  subject: string;
  metric: Metric;
  since: number;
  until: number;
  found: number;
}

/** How far an hour is from what a simple rule expects, or undefined where it has no opinion. */
type Rule = (learned: readonly Sample[], all: ReadonlyMap<number, Sample>) => (sample: Sample) => Scored | undefined;
interface Scored {
  expected: number;
  score: number;
}

const WEEK = 168;
const LIMIT = 3;
/** Alarms that follow each other this closely are one. */
const GAP = 4;
const LEAST_SAMPLES = 96;

/** Three standard deviations from the mean of the last weeks. */
export const threeSigma: Rule = (learned) => {
  const { mean, deviation } = momentsOf(learned.map(valueOf));
  return (sample) => ({ expected: mean, score: (valueOf(sample) - mean) / deviation });
};

/** Three standard deviations from the same hour of the week before. */
export const seasonalNaive: Rule = (learned, all) => {
  const difference = (sample: Sample) => {
    const before = all.get(sample.hour - WEEK);
    return before && { expected: valueOf(before), change: valueOf(sample) - valueOf(before) };
  };
  const { deviation } = momentsOf(learned.flatMap((sample) => difference(sample)?.change ?? []));
  return (sample) => {
    const found = difference(sample);
    return found && { expected: found.expected, score: found.change / deviation };
  };
};

/** The alarms of a rule in the week before an hour, on the same samples as the real detector. */
export function alarmsOf(rule: Rule, subjects: readonly SubjectSeries[], end: number): Alarm[] {
  return subjects.flatMap((series) => METRICS.flatMap((metric) => alarmsOn(rule, series, metric, end)));
}

function alarmsOn(rule: Rule, series: SubjectSeries, metric: Metric, end: number): Alarm[] {
  const { samples, directions, matters } = METRIC_FORMS[metric];
  const all = samples(series, { from: end - 5 * WEEK, to: end });
  const learned = all.filter(({ hour }) => hour < end - WEEK);
  if (learned.length < LEAST_SAMPLES) return [];
  const judge = rule(learned, new Map(all.map((sample) => [sample.hour, sample])));
  const alarms: Alarm[] = [];
  for (const sample of all.filter(({ hour }) => hour >= end - WEEK)) {
    const judged = judge(sample);
    if (!judged || !directions.some((direction) => judged.score * direction > LIMIT)) continue;
    const scored: ScoredSample = { ...sample, score: judged.score };
    if (!matters([scored], () => judged.expected)) continue;
    const last = alarms.at(-1);
    const { hour } = sample;
    if (last && hour - last.until <= GAP) last.until = hour;
    else alarms.push({ subject: series.name, metric, since: hour, until: hour, found: hour });
  }
  return alarms;
}

/** A count is compared by its share of what it is a part of. */
function valueOf({ value, weight }: Sample): number {
  return Number.isInteger(value) ? value / weight : value;
}

function momentsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { mean, deviation: Math.sqrt(variance) || Infinity };
}
