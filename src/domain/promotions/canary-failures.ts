import type { FailedExecution } from "../ledger/recent-failures.ts";
import { DAY_MS } from "../ledger/periods.ts";
import { splitText } from "../prompts/label-move.ts";
import type { SplitArm } from "../prompts/label.ts";
import { firstStake, layStake, LIFTS, type Stakes, worthOf } from "./stakes.ts";

/** What is known of one canary's failures. */
export interface FailureEvidence {
  /** Bets for each of {@link MILESTONES}. */
  bets: Stakes[];
  /** Calls to models of the served version and of the canary; older ones fade. */
  exposed: { served: number; canary: number };
  /**
   * What was bet on: how often it was either version's, and how often it would have been the
   * canary's if that is not worse.
   */
  met: { served: number; canary: number; expected: number };
}

/** What is known of the failures of a split's versions, whichever canary it is. It is JSON. */
export interface FailureWatch {
  /** Failures that ended until then were looked at, Unix ms. */
  until: number;
  /** Executions that began from then on are divided by `weights`, Unix ms. */
  since: number;
  weights: string | null;
  /** Counts the times that everybody may be counted once, from 1. */
  epoch: number;
  /** When somebody was counted first in this epoch, Unix ms; null before. */
  counting_since: number | null;
  /** The hashes of users that were counted in this epoch, and how many failures each has met. */
  counted: [number, number][];
  /** The last minute of which a failure was counted. */
  minute: number;
}

/** A look at failures. `calls` are the calls to models since the last look, by version. */
export interface FailureLook {
  served: number;
  split: readonly SplitArm[];
  failures: readonly CountedFailure[];
  calls: ReadonlyMap<number, number>;
  now: number;
}

/** Failures are looked at so long after they ended, ms: most are on record by then. */
const LATE_MS = 15_000;
/** Isolates know the new weights of a split after this time, ms; twice `POINTER_BOUND_MS`. */
const SETTLE_MS = 60_000;
/**
 * A user counts in an epoch with the first, the fifth and the 25th failure, each in bets of its
 * own, which have these shares of the false alarm rate: where users are few, all have met one soon.
 */
const MILESTONES = [
  { failures: 1, share: 0.6 },
  { failures: 5, share: 0.2 },
  { failures: 25, share: 0.2 },
];
/** The most users that an epoch counts: 30 KB of JSON. */
const MAX_COUNTED = 2_000;
const MINUTE_MS = 60_000;
/** Calls that the shares of calls are known by: older ones fade. */
const MEMORY = 20_000;
/** What is assumed of the shares before any call: so many calls by the weights. */
const ASSUMED_CALLS = 20;

/** The watch of failures before the first look. */
export function noFailures(): FailureWatch {
  return { until: 0, since: 0, weights: null, epoch: 1, counting_since: null, counted: [], minute: 0 };
}

/** The evidence before any failure. */
export function noFailureEvidence(): FailureEvidence {
  return { bets: firstBets(), exposed: { served: 0, canary: 0 }, met: { served: 0, canary: 0, expected: 0 } };
}

/** When the failures ended that a look at `now` is about. */
export function spanOfLook({ until }: FailureWatch, now: number): { from: number; to: number } {
  return { from: until, to: now - LATE_MS };
}

/**
 * How many times its share of the false alarm rate the evidence is worth. The epochs have 1/2, 1/6,
 * 1/12, … of the rate, and the milestones their shares of that. Each is bounded by its own, so that
 * they need not be independent of each other.
 */
export function worthOfFailures({ bets }: FailureEvidence, { epoch }: FailureWatch): number {
  const worths = bets.map((each, at) => worthOf(each) * (MILESTONES[at]?.share ?? 0));
  return Math.max(...worths) / (epoch * (epoch + 1));
}

/** The evidence at the begin of an hour, or of an epoch, which forgets what was bet before. */
export function beginBets(evidence: FailureEvidence, isNewEpoch: boolean): FailureEvidence {
  return { ...evidence, bets: isNewEpoch ? firstBets() : evidence.bets.map(layStake) };
}

function firstBets(): Stakes[] {
  return MILESTONES.map(firstStake);
}

/**
 * The watch at the begin of a look. A new epoch begins where the users that were counted are too
 * many, or where the first of them was counted long ago: each epoch is twice as long as the one
 * before it. Where the weights changed, what began before everybody knows them does not count.
 */
export function beginLook(watch: FailureWatch, split: readonly SplitArm[], now: number): FailureWatch {
  const weights = splitText(split);
  const { epoch, counted, counting_since } = watch;
  const settled = weights === watch.weights ? watch : { ...watch, weights, since: now + SETTLE_MS };
  const isLong = counting_since !== null && now - counting_since >= DAY_MS * 2 ** (epoch - 1);
  if (!isLong && counted.length < MAX_COUNTED) return settled;
  return { ...settled, epoch: epoch + 1, counting_since: null, counted: [] };
}

/** A failure that counts, and the place of its milestone. */
export interface CountedFailure {
  version: number;
  milestone: number;
}

/**
 * The failures of a look that count, in the order of their ends: those with which a user reaches a
 * milestone, each one of nobody's, and of those that called no model one a minute without another
 * one: such share a cause, as with the call that all of them waited for.
 */
export function countFailures(
  before: FailureWatch,
  { failures, now }: Pick<FailureLook, "now"> & { failures: readonly FailedExecution[] },
): { watch: FailureWatch; counted: CountedFailure[] } {
  const known = new Map(before.counted);
  const settled = failures.filter(({ created_at }) => created_at >= before.since);
  const counted: CountedFailure[] = [];
  const minuteOf = ({ ended_at }: FailedExecution) => Math.floor(ended_at / MINUTE_MS);
  const ofCalls = new Set(settled.filter(({ called }) => called).map(minuteOf));
  let { minute } = before;
  for (const failure of settled.toSorted((a, b) => a.ended_at - b.ended_at)) {
    const { version, user, called } = failure;
    const at = minuteOf(failure);
    const met = user === null ? 0 : (known.get(user) ?? 0);
    if (!called && (at <= minute || ofCalls.has(at) || met > 0)) continue;
    minute = Math.max(minute, at);
    if (user !== null) known.set(user, met + 1);
    const milestone = MILESTONES.findIndex(({ failures: after }) => after === met + 1);
    if (milestone >= 0) counted.push({ version, milestone });
  }
  const counting_since = before.counting_since ?? (known.size > 0 ? now : null);
  const watch = { ...before, until: spanOfLook(before, now).to, minute, counted: [...known], counting_since };
  return { watch, counted };
}

/**
 * The evidence against a canary after failures that count.
 *
 * A split is a randomised experiment: which version a user gets, or a call without one, is drawn by
 * the weights and depends on nothing else. So if the canary is not worse, a user who reaches a
 * milestone is the canary's with the chance q, its share of the traffic of the two versions,
 * whatever makes calls fail, whenever, and however much failures have to do with each other. A bet on odds
 * that rose r times wins r / (1 + q(r − 1)) where it is the canary's and 1 / (1 + q(r − 1)) where it
 * is the served version's: 1 on average. This is the anytime-valid logrank test (ter Schure,
 * Pérez-Ortiz, Ly and Grünwald 2024) with the chances of the draw in place of the sets at risk. A
 * higher q wins less in both cases, so it is raised where the canary calls models more often than
 * its weight says: a new version has fewer stored answers, and those cannot fail. A user who calls
 * r times as often meets the k-th failure with r^k times the odds at most.
 */
export function addFailures(
  before: FailureEvidence,
  canary: number,
  { served, split, failures, calls }: Omit<FailureLook, "now">,
): FailureEvidence {
  const weight = weightShare(split, served, canary);
  const exposed = expose(before.exposed, weight, {
    served: calls.get(served) ?? 0,
    canary: calls.get(canary) ?? 0,
  });
  const odds = weight / (1 - weight);
  const excess = Math.max(1, exposed.canary / exposed.served / odds);
  const bets = before.bets.map((each) => ({ ...each }));
  const met = { ...before.met };
  for (const { version, milestone } of failures) {
    const bet = bets[milestone];
    if (!bet || (version !== served && version !== canary)) continue;
    const isCanary = version === canary;
    const raised = odds * excess ** (MILESTONES[milestone]?.failures ?? 1);
    const q = raised === Infinity ? 1 : raised / (1 + raised);
    bet.wealth = bet.wealth.map((old, at) => old + logWin(LIFTS[at] ?? 1, q, isCanary));
    met[isCanary ? "canary" : "served"] += 1;
    met.expected += q;
  }
  return { bets, exposed, met };
}

function logWin(lift: number, q: number, isCanary: boolean): number {
  return Math.log((isCanary ? lift : 1) / (1 + q * (lift - 1)));
}

function weightShare(split: readonly SplitArm[], served: number, canary: number): number {
  const of = (version: number) => split.reduce((sum, arm) => sum + (arm.version === version ? arm.weight : 0), 0);
  return of(canary) / (of(canary) + of(served));
}

function expose(
  before: FailureEvidence["exposed"],
  weight: number,
  calls: FailureEvidence["exposed"],
): FailureEvidence["exposed"] {
  const isFirst = before.served + before.canary === 0;
  const base = isFirst ? { served: ASSUMED_CALLS * (1 - weight), canary: ASSUMED_CALLS * weight } : before;
  const [served, canary] = [base.served + calls.served, base.canary + calls.canary];
  const kept = Math.min(1, MEMORY / (served + canary));
  return { served: served * kept, canary: canary * kept };
}
