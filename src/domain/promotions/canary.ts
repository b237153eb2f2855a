import { mainVersion } from "../prompts/label-move.ts";
import type { SplitArm } from "../prompts/label.ts";
import { addCounts, type Evidence, noCounts, noEvidence, type PairedCounts, sumCounts, worthOf } from "./e-process.ts";
import type { AutoRollback } from "./protection.ts";

/** What a canary is judged by: failed executions, or low scores of feedback. */
export const CANARY_METRICS = ["errors", "feedback"] as const;
/** One of {@link CANARY_METRICS}. */
export type CanaryMetric = (typeof CANARY_METRICS)[number];

/** What the ledger counts of a version in an hour, by one metric. `bad` is as in the evidence. */
export interface VersionCounts {
  metric: CanaryMetric;
  version: number;
  hour: number;
  calls: number;
  bad: number;
}

/** What is known against one canary by one metric, and what it was found with. */
export interface CanaryCase {
  version: number;
  metric: CanaryMetric;
  evidence: Evidence;
  total: PairedCounts;
}

/** What is known of a label's split. It is JSON. */
export interface CanaryWatch {
  /** The version that canaries are compared with, and that the label goes back to. */
  served: number;
  cases: CanaryCase[];
  /** What was counted at the last look, by metric, version and hour. */
  seen: VersionCounts[];
  /** The hour of the last look. */
  hour: number;
}

/** Why a split goes back. */
export interface CanaryAlarm {
  case: CanaryCase;
  worth: number;
  threshold: number;
}

/**
 * The watch of a split at its first look: what is counted by then does not count. One whose
 * versions are the same, whatever their weights, goes on. `before` is what the label meant before
 * the split: its main version is the served one.
 */
export function watchSplit(
  split: readonly SplitArm[],
  before: readonly SplitArm[] | null,
  rules: AutoRollback,
  known: CanaryWatch | null,
): CanaryWatch {
  const versions = [...new Set(split.map(({ version }) => version))];
  const served = servedOf(split, before, known);
  const canaries = versions.filter((version) => version !== served);
  const cases = canaries.flatMap((version) =>
    CANARY_METRICS.filter((metric) => rules[metric]).map((metric) => ({
      version,
      metric,
      evidence: noEvidence(),
      total: noCounts(),
    })),
  );
  const isSame =
    known?.served === served &&
    known.cases.length === cases.length &&
    cases.every((each, at) => known.cases[at]?.version === each.version && known.cases[at].metric === each.metric);
  return isSame ? known : { served, cases, seen: [], hour: 0 };
}

function servedOf(split: readonly SplitArm[], before: readonly SplitArm[] | null, known: CanaryWatch | null): number {
  const has = (version: number | undefined) => split.some((arm) => arm.version === version);
  if (known && has(known.served)) return known.served;
  const main = before ? mainVersion(before) : undefined;
  return (main !== undefined && has(main) ? main : mainVersion(split)) ?? 0;
}

/**
 * The watch after a look at what is counted by now, in the hour of the last look, the one before
 * and all since. Counts of an hour grow for as long as its executions end.
 */
export function lookAt(watch: CanaryWatch, counts: readonly VersionCounts[], hour: number): CanaryWatch {
  const isFirst = watch.hour === 0;
  const since = counts.map((each) => ({
    ...each,
    ...growth(
      each,
      watch.seen.find((old) => isSameCell(old, each)),
    ),
  }));
  const cases = watch.cases.map((each) => {
    if (isFirst) return each;
    const sum = (version: number) =>
      sumOf(since.filter((one) => one.version === version && one.metric === each.metric));
    const more = { served: sum(watch.served), canary: sum(each.version) };
    return {
      ...each,
      evidence: addCounts(each.evidence, more, hour > watch.hour),
      total: sumCounts(each.total, more),
    };
  });
  return { ...watch, cases, hour, seen: counts.filter((each) => each.hour >= hour - 1) };
}

/** The case that is proven first, if one is. The false alarm rate is shared among all cases. */
export function alarmOf({ cases }: CanaryWatch, { false_alarm_rate }: AutoRollback): CanaryAlarm | undefined {
  const threshold = cases.length / false_alarm_rate;
  const alarms = cases.map((each) => ({ case: each, worth: worthOf(each.evidence), threshold }));
  return alarms.filter(({ worth }) => worth >= threshold).toSorted((a, b) => b.worth - a.worth)[0];
}

/** An alarm as the history of its label tells it. */
export function alarmText({ case: { version, metric, total }, worth, threshold }: CanaryAlarm, served: number): string {
  const what = metric === "errors" ? "calls failed" : "points of scores were lost";
  const told = ({ calls, bad }: PairedCounts["served"]) => `${Number(bad.toFixed(1))} of ${calls}`;
  return (
    `Version ${version} is worse than ${served}: ${told(total.canary)} ${what}, against ${told(total.served)}; ` +
    `evidence ${Number(worth.toPrecision(3))}, enough ${Number(threshold.toPrecision(3))}.`
  );
}

function isSameCell(one: VersionCounts, other: VersionCounts): boolean {
  return one.metric === other.metric && one.version === other.version && one.hour === other.hour;
}

/**
 * What was counted since. A replaced score or record changes counts of earlier looks; what would be
 * no counts of any calls is left out.
 */
function growth(now: VersionCounts, old: VersionCounts | undefined) {
  const calls = Math.max(0, now.calls - (old?.calls ?? 0));
  return { calls, bad: Math.min(calls, Math.max(0, now.bad - (old?.bad ?? 0))) };
}

function sumOf(counts: readonly VersionCounts[]): PairedCounts["served"] {
  return counts.reduce((sum, { calls, bad }) => ({ calls: sum.calls + calls, bad: sum.bad + bad }), {
    calls: 0,
    bad: 0,
  });
}
