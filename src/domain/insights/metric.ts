import type { InsightCell, LatencyCounts } from "../ledger/insight-cell.ts";
import { endOfBucket } from "../ledger/insight-cell.ts";
import type { SubjectSeries } from "../ledger/insight-messages.ts";
import { addRatings, type RatingCell } from "../ledger/rating-cell.ts";
import type { NumberSpan } from "../ledger/usage-plan.ts";
import type { Direction, ScoredSample } from "./detector.ts";
import type { Expect, Sample, SampleKind } from "./season.ts";

/** What is watched of prompts and models. */
export const METRICS = ["rate", "errors", "latency", "cost", "quality"] as const;
/** One of {@link METRICS}. */
export type Metric = (typeof METRICS)[number];

/** How a metric is measured, and what of it matters. */
export interface MetricForm {
  kind: SampleKind;
  /** Only changes in these directions are anomalies. */
  directions: readonly Direction[];
  samples: (series: SubjectSeries, hours: NumberSpan) => Sample[];
  /**
   * What a sample's value, or what is expected for each unit of its weight, is in the API's unit.
   */
  show: (value: number, sample: Sample) => number;
  /** Whether samples differ enough from what is expected to matter. */
  matters: (samples: readonly ScoredSample[], expect: Expect) => boolean;
}

/** The smallest changes that matter, as shares of what is expected, and of how many executions. */
const LEAST = { rate: 0.25, executions: 5, errors: 0.02, failures: 3, latency: 0.2, cost: 0.15, quality: 0.05 };
/** The middle of a bucket of latencies, as the logarithm of a part of its end. */
const BUCKET_MIDDLE = -Math.LN2 / 4;
const NANOUSD_PER_USD = 1e9;

/** Each metric's form. */
export const METRIC_FORMS: Record<Metric, MetricForm> = {
  rate: {
    kind: "count",
    directions: [1, -1],
    samples: rateSamples,
    show: (value) => value,
    matters: (samples, expect) => {
      const [found, expected] = totals(samples, expect);
      const change = Math.abs(found - expected);
      return change >= LEAST.executions && change >= LEAST.rate * expected;
    },
  },
  errors: {
    kind: "count",
    directions: [1],
    samples: (series, hours) => ofCells(series, hours, (hour, { errors, executions }) => [hour, errors, executions]),
    show: (value, { weight }) => value / weight,
    matters: (samples, expect) => {
      const [found, expected, executions] = totals(samples, expect);
      return found - expected >= Math.max(LEAST.failures, LEAST.errors * executions);
    },
  },
  latency: ofMean({ least: LEAST.latency, direction: 1, show: Math.exp, samples: latencySamples }),
  cost: ofMean({
    least: LEAST.cost,
    direction: 1,
    show: (value) => Math.exp(value) / NANOUSD_PER_USD,
    samples: (series, hours) =>
      ofCells(series, hours, (hour, { cost_nanousd, executions }) =>
        cost_nanousd > 0 ? [hour, Math.log(cost_nanousd / executions), executions] : undefined,
      ),
  }),
  quality: ofMean({ least: LEAST.quality, direction: -1, show: (value) => value, samples: qualitySamples }),
};

interface MeanForm extends Pick<MetricForm, "samples"> {
  least: number;
  direction: Direction;
  show: (value: number) => number;
}

/** A metric whose samples are means: `weight` is how much they are of. */
function ofMean({ least, direction, show, samples }: MeanForm): MetricForm {
  return {
    kind: "mean",
    directions: [direction],
    samples,
    show,
    matters: (some, expect) => {
      const [found, expected, weight] = totals(
        some.map((sample) => ({ ...sample, value: sample.value * sample.weight })),
        expect,
      );
      return Math.abs(found - expected) >= least * weight;
    },
  };
}

/** The sums of what was found, of what was expected, and of the weights. */
function totals(samples: readonly Sample[], expect: Expect): [number, number, number] {
  let [found, expected, total] = [0, 0, 0];
  for (const { hour, value, weight } of samples) {
    found += value;
    expected += expect(hour) * weight;
    total += weight;
  }
  return [found, expected, total];
}

/** An hour without executions counts as zero, once the subject has had any. */
function rateSamples({ cells }: SubjectSeries, { from, to }: NumberSpan): Sample[] {
  const first = Math.max(from, Math.min(...cells.keys()));
  return Array.from({ length: Math.max(0, to - first) }, (_, at) => {
    const hour = first + at;
    return { hour, value: cells.get(hour)?.executions ?? 0, weight: 1 };
  });
}

function ofCells(
  { cells }: SubjectSeries,
  { from, to }: NumberSpan,
  sampleOf: (hour: number, cell: InsightCell) => readonly [number, number, number] | undefined,
): Sample[] {
  const samples: Sample[] = [];
  for (let hour = from; hour < to; hour++) {
    const cell = cells.get(hour);
    const sample = cell && cell.executions > 0 ? sampleOf(hour, cell) : undefined;
    if (sample) samples.push({ hour: sample[0], value: sample[1], weight: sample[2] });
  }
  return samples;
}

/**
 * The mean logarithm: one execution of minutes changes it no more than ten do that are 30 % late.
 */
function latencySamples(series: SubjectSeries, hours: NumberSpan): Sample[] {
  return ofCells(series, hours, (hour, { latencies }) => {
    const [sum, count] = logarithmsOf(latencies);
    return count === 0 ? undefined : [hour, sum / count, count];
  });
}

function logarithmsOf(latencies: LatencyCounts): [number, number] {
  let [sum, count] = [0, 0];
  for (const [bucket, of] of latencies) {
    sum += of * (Math.log(endOfBucket(bucket)) + BUCKET_MIDDLE);
    count += of;
  }
  return [sum, count];
}

function qualitySamples({ ratings }: SubjectSeries, { from, to }: NumberSpan): Sample[] {
  const hours = new Map<number, RatingCell>();
  for (const each of ratings) {
    if (each.hour < from || each.hour >= to) continue;
    const sum = hours.get(each.hour) ?? { count: 0, sum: 0, squares: 0 };
    addRatings(sum, each);
    hours.set(each.hour, sum);
  }
  return [...hours]
    .flatMap(([hour, { count, sum }]) => (count > 0 ? [{ hour, value: sum / count, weight: count }] : []))
    .toSorted((a, b) => a.hour - b.hour);
}
