import type { Seen } from "../../harness/execution.ts";
import { digits, percentile } from "../../harness/numbers.ts";
import { type Flown, isMiss } from "./cases.ts";

/** One case's row, and what broke its promise. */
export interface Verdict {
  name: string;
  callers: number;
  whole: number;
  /** Different texts among the whole answers. */
  texts: number;
  calls: number;
  callsWanted: number;
  /** `x-pbt-cache` of the answers, counted. */
  by: Map<string, number>;
  /** A streamed follower's piece, behind the same moment of the leader's stream; null where no streamed leader was seen to its end. */
  behind: { first_p50: number; first_p99: number; last_p50: number } | null;
  faults: string[];
}

/** Judges what came of a case by the callers' answers and the provider's own log. */
export function judge(name: string, flown: Flown, calls: number, callsWanted: number): Verdict {
  const { others, first } = flown;
  const whole = others.filter(({ complete }) => complete);
  const texts = new Set(whole.map(({ text }) => text)).size;
  const faults = [...flown.faults];
  const broken = others.find(({ complete }) => !complete);
  if (broken) {
    faults.push(
      `${others.length - whole.length} not answered: ${broken.status} ${broken.error ?? "broke off"} (${broken.cache})`,
    );
  }
  if (texts !== 1) faults.push(`${texts} different answers`);
  if (calls !== callsWanted) faults.push(`${calls} calls in place of ${callsWanted}`);
  const free = whole.filter((seen) => !isMiss(seen));
  const charged = free.filter(({ view }) => view?.cost_usd !== 0 || !((view.saved_usd ?? 0) > 0));
  if (charged.length > 0) faults.push(`${charged.length} followers that paid, or saved nothing`);
  return {
    name,
    callers: others.length + (first ? 1 : 0),
    whole: whole.length,
    texts,
    calls,
    callsWanted,
    by: countBy(others),
    behind: first?.complete ? behind(first, others) : null,
    faults,
  };
}

function countBy(all: readonly Seen[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { cache } of all) counts.set(cache ?? "none", (counts.get(cache ?? "none") ?? 0) + 1);
  return counts;
}

/** Callers may join before or after the leader's first piece: one who joins late can be behind from when it asked only, which the case's name tells. */
function behind(first: Seen, others: readonly Seen[]): Verdict["behind"] {
  const [began = NaN, ended = NaN] = [first.deltas[0], first.deltas.at(-1)];
  const streams = others.filter(({ deltas }) => deltas.length > 0);
  if (streams.length === 0) return null;
  const firsts = streams.map(({ deltas }) => (deltas[0] ?? NaN) - began);
  const lasts = streams.map(({ deltas }) => (deltas.at(-1) ?? NaN) - ended);
  return { first_p50: percentile(firsts, 50), first_p99: percentile(firsts, 99), last_p50: percentile(lasts, 50) };
}

/** A table's row. */
export function rowOf({ name, callers, whole, texts, calls, callsWanted, by, behind: late, faults }: Verdict) {
  return [
    name,
    `${callers}`,
    `${whole}`,
    `${texts}`,
    `${calls} (${callsWanted})`,
    [...by].map(([cache, count]) => `${count} ${cache}`).join(", "),
    late ? `${digits(late.first_p50)} / ${digits(late.first_p99)}` : "–",
    late ? digits(late.last_p50) : "–",
    faults.length === 0 ? "holds" : "BROKEN",
  ];
}
