import type { ObservedExecution } from "../../harness/execution.ts";
import { digits, percentile } from "../../harness/numbers.ts";
import { type CaseOutcome, type FlightCase, isMiss } from "./cases.ts";

/** The figures of one case, and how it breaks its promise. */
export interface FlightVerdict {
  name: string;
  clients: number;
  /** The number of complete answers, without the leader's. */
  complete: number;
  /** The number of different texts among them. */
  texts: number;
  calls: number;
  promisedCalls: number;
  /** The number of answers for each `x-pbt-cache`. */
  byCache: Map<string, number>;
  /** Null where no streamed leader was observed to its end. */
  delay: FollowerDelay | null;
  faults: string[];
}

/** How far streamed followers' pieces are behind the leader's, milliseconds. */
export interface FollowerDelay {
  first_p50: number;
  first_p99: number;
  last_p50: number;
}

/** Judges a case by the clients' answers and by the number of calls in the provider's log. */
export function judge({ name, calls: promisedCalls }: FlightCase, outcome: CaseOutcome, calls: number): FlightVerdict {
  const { answers, leader } = outcome;
  const complete = answers.filter((answer) => answer.complete);
  const texts = new Set(complete.map(({ text }) => text)).size;
  const faults = [...outcome.faults];
  const broken = answers.find((answer) => !answer.complete);
  if (broken) {
    const { status, error, cache } = broken;
    faults.push(`${answers.length - complete.length} not answered: ${status} ${error ?? "broke off"} (${cache})`);
  }
  if (texts !== 1) faults.push(`${texts} different answers`);
  if (calls !== promisedCalls) faults.push(`${calls} calls, ${promisedCalls} promised`);
  const followers = complete.filter((answer) => !isMiss(answer));
  const charged = followers.filter(({ view }) => view?.cost_usd !== 0 || !((view.saved_usd ?? 0) > 0));
  if (charged.length > 0) faults.push(`${charged.length} followers were charged or saved nothing`);
  return {
    name,
    clients: answers.length + (leader ? 1 : 0),
    complete: complete.length,
    texts,
    calls,
    promisedCalls,
    byCache: countByCache(answers),
    delay: leader?.complete ? delayOf(leader, answers) : null,
    faults,
  };
}

function countByCache(answers: readonly ObservedExecution[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { cache } of answers) counts.set(cache ?? "none", (counts.get(cache ?? "none") ?? 0) + 1);
  return counts;
}

/** A follower that joins after the leader's first piece is behind it at least by that time. */
function delayOf(leader: ObservedExecution, answers: readonly ObservedExecution[]): FollowerDelay | null {
  const [first = NaN, last = NaN] = [leader.deltas[0], leader.deltas.at(-1)];
  const streams = answers.filter(({ deltas }) => deltas.length > 0);
  if (streams.length === 0) return null;
  const firsts = streams.map(({ deltas }) => (deltas[0] ?? NaN) - first);
  const lasts = streams.map(({ deltas }) => (deltas.at(-1) ?? NaN) - last);
  return { first_p50: percentile(firsts, 50), first_p99: percentile(firsts, 99), last_p50: percentile(lasts, 50) };
}

/** A verdict as a row of the report. */
export function rowOf(verdict: FlightVerdict): string[] {
  const { name, clients, complete, texts, calls, promisedCalls, byCache, delay, faults } = verdict;
  return [
    name,
    `${clients}`,
    `${complete}`,
    `${texts}`,
    `${calls} (${promisedCalls})`,
    [...byCache].map(([cache, count]) => `${count} ${cache}`).join(", "),
    delay ? `${digits(delay.first_p50)} / ${digits(delay.first_p99)}` : "–",
    delay ? digits(delay.last_p50) : "–",
    faults.length === 0 ? "holds" : "BROKEN",
  ];
}
