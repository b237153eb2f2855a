import type { FailedExecution } from "../ledger/recent-failures.ts";
import { hourOf } from "../ledger/periods.ts";
import { mainVersion } from "../prompts/label-move.ts";
import type { SplitArm } from "../prompts/label.ts";
import {
  addFailures,
  beginLook,
  beginBets,
  countFailures,
  type FailureEvidence,
  type FailureWatch,
  noFailureEvidence,
  noFailures,
  worthOfFailures,
} from "./canary-failures.ts";
import { type CanaryTests, noTests } from "./canary-tests.ts";
import { addCounts, type Evidence, noCounts, noEvidence, type PairedCounts, sumCounts } from "./e-process.ts";
import type { AutoRollback } from "./protection.ts";
import { worthOf } from "./stakes.ts";

/** What the calls of a canary are judged by: failed executions, or low scores of feedback. */
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
export type CanaryCase = { version: number; total: PairedCounts } & (
  { metric: "errors"; evidence: FailureEvidence } | { metric: "feedback"; evidence: Evidence }
);

/** What is known of a label's split. It is JSON. */
export interface CanaryWatch {
  /** The version that canaries are compared with, and that the label goes back to. */
  served: number;
  /** The other versions. */
  canaries: number[];
  cases: CanaryCase[];
  failures: FailureWatch;
  tests: CanaryTests;
  /** What was counted at the last look, by metric, version and hour. */
  seen: VersionCounts[];
  /** The hour of the last look. */
  hour: number;
}

/** What a look finds: the counts of the last hours, and failures since the last look. */
export interface CanaryLook {
  split: readonly SplitArm[];
  counts: readonly VersionCounts[];
  failures: readonly FailedExecution[];
  now: number;
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
    CANARY_METRICS.filter((metric) => rules[metric]).map((metric) => newCase(version, metric)),
  );
  const isSame =
    // Watches of older versions know nothing of failures.
    known !== null &&
    "failures" in known &&
    known.served === served &&
    known.canaries.join() === canaries.join() &&
    known.cases.length === cases.length &&
    cases.every((each, at) => known.cases[at]?.version === each.version && known.cases[at].metric === each.metric);
  if (isSame) return known;
  return { served, canaries, cases, failures: noFailures(), tests: noTests(), seen: [], hour: 0 };
}

/** How many measures share the false alarm rate. */
export function measuresOf({ cases, canaries }: CanaryWatch, { tests }: Pick<AutoRollback, "tests">): number {
  return cases.length + (tests ? canaries.length : 0);
}

function newCase(version: number, metric: CanaryMetric): CanaryCase {
  const of = { version, total: noCounts() };
  if (metric === "errors") return { ...of, metric, evidence: noFailureEvidence() };
  return { ...of, metric, evidence: noEvidence() };
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
export function lookAt(watch: CanaryWatch, look: CanaryLook): CanaryWatch {
  const { counts, now } = look;
  const hour = hourOf(now);
  const begun = beginLook(watch.failures, look.split, now);
  const { watch: failures, counted } = countFailures(begun, look);
  const seen = counts.filter((each) => each.hour >= hour - 1);
  if (watch.hour === 0) return { ...watch, failures, hour, seen };
  const since = counts.map((each) => ({
    ...each,
    ...growth(
      each,
      watch.seen.find((old) => isSameCell(old, each)),
    ),
  }));
  const uncalled = look.failures.filter(({ called }) => !called);
  const isNewHour = hour > watch.hour;
  const isNewEpoch = failures.epoch !== watch.failures.epoch;
  const cases = watch.cases.map((each): CanaryCase => {
    const sum = (version: number) =>
      sumOf(since.filter((one) => one.version === version && one.metric === each.metric));
    const more = { served: sum(watch.served), canary: sum(each.version) };
    const total = sumCounts(each.total, more);
    if (each.metric === "feedback") return { ...each, total, evidence: addCounts(each.evidence, more, isNewHour) };
    const begins = isNewEpoch || isNewHour;
    const evidence = begins ? beginBets(each.evidence, isNewEpoch) : each.evidence;
    const called = (version: number, { calls }: PairedCounts["served"]) =>
      Math.max(0, calls - uncalled.filter((one) => one.version === version).length);
    const calls = new Map([
      [watch.served, called(watch.served, more.served)],
      [each.version, called(each.version, more.canary)],
    ]);
    const of = { served: watch.served, split: look.split, failures: counted, calls };
    return { ...each, total, evidence: addFailures(evidence, each.version, of) };
  });
  return { ...watch, cases, failures, hour, seen };
}

/** The case that is proven first, if one is. The false alarm rate is shared among all measures. */
export function alarmOf(watch: CanaryWatch, rules: AutoRollback): CanaryAlarm | undefined {
  const threshold = measuresOf(watch, rules) / rules.false_alarm_rate;
  const alarms = watch.cases.map((each) => {
    const worth = each.metric === "errors" ? worthOfFailures(each.evidence, watch.failures) : worthOf(each.evidence);
    return { case: each, worth, threshold };
  });
  return alarms.filter(({ worth }) => worth >= threshold).toSorted((a, b) => b.worth - a.worth)[0];
}

/** An alarm as the history of its label tells it. */
export function alarmText({ case: of, worth, threshold }: CanaryAlarm, served: number): string {
  const what = of.metric === "errors" ? "calls failed" : "points of scores were lost";
  const told = ({ calls, bad }: PairedCounts["served"]) => `${Number(bad.toFixed(1))} of ${calls}`;
  return (
    `Version ${of.version} is worse than ${served}: ${told(of.total.canary)} ${what}, against ` +
    `${told(of.total.served)}; ${of.metric === "errors" ? `${metText(of.evidence)}; ` : ""}` +
    `evidence ${Number(worth.toPrecision(3))}, enough ${Number(threshold.toPrecision(3))}.`
  );
}

function metText({ met }: FailureEvidence): string {
  const expected = Number(met.expected.toFixed(1));
  return `${met.canary} of ${met.served + met.canary} failures that count were its own, where ${expected} were expected`;
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
