import { firstStake, layStake, LIFTS, type Stakes } from "./stakes.ts";

/** What some calls of two versions gave. `bad` may be a sum of shares of badness in [0, 1]. */
export interface PairedCounts {
  served: { calls: number; bad: number };
  canary: { calls: number; bad: number };
}

/**
 * Evidence that a canary's calls are bad more often than the served version's, by counts of calls
 * that are independent of each other. It grows by {@link addCounts}.
 */
export interface Evidence extends Stakes {
  /** Calls of the served version, the last {@link MEMORY} or so: where bets are placed. */
  known: PairedCounts["served"];
  /** Calls that no bet could be laid on, because one of the two versions had none. */
  waiting: PairedCounts;
}

/** Calls of the served version that its rate is estimated from: older ones fade. */
const MEMORY = 20_000;
/** What is assumed of the served version before it is known: a bad call in fifty. */
const PRIOR = { calls: 2.5, bad: 0.05 };

/** No evidence, with the first share of the stake laid. */
export function noEvidence(): Evidence {
  return { ...firstStake(), known: { calls: 0, bad: 0 }, waiting: noCounts() };
}

/** Counts of no calls. */
export function noCounts(): PairedCounts {
  return { served: { calls: 0, bad: 0 }, canary: { calls: 0, bad: 0 } };
}

/** Adds counts to counts. */
export function sumCounts(one: PairedCounts, other: PairedCounts): PairedCounts {
  const add = (arm: keyof PairedCounts) => ({
    calls: one[arm].calls + other[arm].calls,
    bad: one[arm].bad + other[arm].bad,
  });
  return { served: add("served"), canary: add("canary") };
}

/**
 * The evidence with the calls of a span of time, such as a minute. `isNewStake` lays another share
 * of the stake before, so that a canary that gets worse late is found, too.
 *
 * This is an e-process for "the canary is not worse" (Turner, Ly and Grünwald 2024, "Generic
 * E-variables for exact sequential k-sample tests"). In a block of n served and m canary calls each
 * bet wins the ratio of two likelihoods: that of rates a < b, chosen before the block, to that of
 * their common mean c = (na + mb) / (n + m) in both versions. Where the true rates are p and q ≤ p,
 * a served call wins 1 + (p − c)(a − c) / c(1 − c) on average and a canary call the same with q and
 * b. The weighted mean of the two is at most 1, so by the inequality of the means is the block's.
 * This holds whatever the rate is, and may change from block to block: an outage that hits both
 * versions is no evidence. Shares of badness win no more than calls that are good or bad.
 */
export function addCounts(before: Evidence, counts: PairedCounts, isNewStake: boolean): Evidence {
  const waiting = sumCounts(before.waiting, counts);
  if (waiting.served.calls === 0 || waiting.canary.calls === 0) return { ...before, waiting };
  const laid = isNewStake ? layStake(before) : before;
  const { known } = laid;
  const rate = (known.bad + PRIOR.bad) / (known.calls + PRIOR.calls);
  return {
    ...laid,
    wealth: laid.wealth.map((wealth, at) => wealth + logRatio(waiting, rate, raise(rate, LIFTS[at] ?? 1))),
    known: remember(known, waiting.served),
    waiting: noCounts(),
  };
}

function logRatio({ served, canary }: PairedCounts, a: number, b: number): number {
  const mean = (served.calls * a + canary.calls * b) / (served.calls + canary.calls);
  const of = ({ calls, bad }: PairedCounts["served"], rate: number) =>
    bad * Math.log(rate / mean) + (calls - bad) * Math.log((1 - rate) / (1 - mean));
  return of(served, a) + of(canary, b);
}

/** The rate whose odds are so many times those of another. */
function raise(rate: number, lift: number): number {
  const odds = (lift * rate) / (1 - rate);
  return odds / (1 + odds);
}

function remember(known: PairedCounts["served"], more: PairedCounts["served"]): PairedCounts["served"] {
  const [calls, bad] = [known.calls + more.calls, known.bad + more.bad];
  const kept = Math.min(1, MEMORY / calls);
  return { calls: calls * kept, bad: bad * kept };
}
