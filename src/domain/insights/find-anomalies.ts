import { HOUR_MS } from "../ledger/periods.ts";
import type { InsightSubject, SubjectSeries } from "../ledger/insight-messages.ts";
import { type Baseline, learnBaseline } from "./baseline.ts";
import { type Episode, findEpisodes, type ScoredSample } from "./detector.ts";
import { thresholdsFor } from "./false-alarms.ts";
import { type Metric, METRIC_FORMS, METRICS } from "./metric.ts";
import { type Sample, WEEK_HOURS } from "./season.ts";

/** The weeks that are looked at for anomalies, and those before that show what is usual. */
export const WATCHED_WEEKS = 1;
export const LEARNED_WEEKS = 4;
/** A series is watched from this number of samples on, of at least so many weeks. */
const LEAST_SAMPLES = 96;
const LEAST_WEEKS = 2;
/**
 * What a series must have counted of executions, or of scores, to say anything of what is usual.
 */
const LEAST_WEIGHT = 200;
/** The width of what is expected: 95 % of a normal distribution. */
const WIDTH = 1.96;
/** Scores from which on an anomaly is critical, and factors of a rate. */
const CRITICAL_SCORE = 8;
const CRITICAL_MEAN = 3;

/** Hours of a subject in which a metric was unusual. Times are Unix ms. */
export interface Anomaly {
  subject: InsightSubject;
  metric: Metric;
  direction: "up" | "down";
  severity: "warning" | "critical";
  /** The start of the first hour. */
  since: number;
  /** The end of the last hour; null while it lasts. */
  until: number | null;
  /** The end of the hour in which it was found. */
  found_at: number;
  /**
   * The hour that is furthest off: its start, its value, what was expected and between which
   * bounds.
   */
  worst: { at: number; observed: number; expected: number; low: number; high: number };
}

/** What was found, and in how many series. */
export interface FoundAnomalies {
  anomalies: Anomaly[];
  watched: number;
  /** Series with too little data to say what is usual. */
  learning: number;
}

interface WatchedSeries {
  subject: InsightSubject;
  metric: Metric;
  recent: Sample[];
  baseline: Baseline;
}

/**
 * Finds what was unusual in the week before the hour `end`, by the four weeks before that week.
 * Where more series are watched, each one must be further off: all of them together keep to the
 * budget of false alarms.
 */
export function findAnomalies(subjects: readonly SubjectSeries[], end: number): FoundAnomalies {
  const all = subjects.flatMap((series) => METRICS.map((metric) => watchedSeries(series, metric, end)));
  const watched = all.flatMap((each) => (each === null || each === "learning" ? [] : each));
  const anomalies = watched.flatMap((series) => anomaliesOf(series, watched.length));
  return {
    anomalies: anomalies.toSorted((a, b) => b.since - a.since),
    watched: watched.length,
    learning: all.filter((each) => each === "learning").length,
  };
}

/** A series with what is usual in it; null where there is nothing. */
function watchedSeries(series: SubjectSeries, metric: Metric, end: number): WatchedSeries | "learning" | null {
  const { kind, samples } = METRIC_FORMS[metric];
  const start = end - WATCHED_WEEKS * WEEK_HOURS;
  const all = samples(series, { from: start - LEARNED_WEEKS * WEEK_HOURS, to: end });
  if (all.length === 0) return null;
  const learned = all.filter(({ hour }) => hour < start);
  const weight = learned.reduce((sum, sample) => sum + (metric === "rate" ? sample.value : sample.weight), 0);
  const span = start - (learned[0]?.hour ?? start);
  const isEnough = learned.length >= LEAST_SAMPLES && weight >= LEAST_WEIGHT && span >= LEAST_WEEKS * WEEK_HOURS;
  if (!isEnough) return "learning";
  const { kind: of, name } = series;
  const recent = all.filter(({ hour }) => hour >= start);
  return { subject: { kind: of, name }, metric, recent, baseline: learnBaseline(learned, kind, start) };
}

function anomaliesOf({ subject, metric, recent, baseline }: WatchedSeries, watched: number): Anomaly[] {
  const { directions, matters } = METRIC_FORMS[metric];
  const thresholds = thresholdsFor(watched, directions.length > 1 ? 2 : 1, baseline.scores);
  const watch = { thresholds, directions, matters: (some: readonly ScoredSample[]) => matters(some, baseline.expect) };
  return findEpisodes(recent, baseline, watch).map((episode) => ({
    subject,
    metric,
    direction: episode.direction === 1 ? "up" : "down",
    severity: severityOf(episode),
    since: episode.since * HOUR_MS,
    until: episode.until === null ? null : episode.until * HOUR_MS,
    found_at: (episode.found + 1) * HOUR_MS,
    worst: worstOf(episode, metric, baseline),
  }));
}

function severityOf({ samples, direction }: Episode): Anomaly["severity"] {
  const scores = samples.map(({ score }) => score * direction);
  const mean = scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
  return Math.max(...scores) >= CRITICAL_SCORE || mean >= CRITICAL_MEAN ? "critical" : "warning";
}

function worstOf({ samples, direction }: Episode, metric: Metric, baseline: Baseline): Anomaly["worst"] {
  const { kind, show } = METRIC_FORMS[metric];
  const worst = samples.reduce((most, each) => (each.score * direction > most.score * direction ? each : most));
  const expected = baseline.expect(worst.hour) * (kind === "count" ? worst.weight : 1);
  const width = WIDTH * baseline.deviation(worst);
  const floor = kind === "count" ? 0 : -Infinity;
  return {
    at: worst.hour * HOUR_MS,
    observed: show(worst.value, worst),
    expected: show(expected, worst),
    low: show(Math.max(floor, expected - width), worst),
    high: show(expected + width, worst),
  };
}
