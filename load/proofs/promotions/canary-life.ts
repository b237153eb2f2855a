import {
  alarmOf,
  type CanaryWatch,
  lookAt,
  type VersionCounts,
  watchSplit,
} from "../../../src/domain/promotions/canary.ts";
import type { Draws } from "../insights/draws.ts";

/** A split of two versions: how many calls it has, and how many of them fail. */
export interface CanaryPlan {
  /** Calls of both versions a minute. */
  calls: number;
  /** The share of calls that the canary has. */
  share: number;
  /** The rates of failed calls of the served version and of the canary. */
  served: number;
  canary: number;
  /** The minute from which on the canary has its rate; it has the served version's before. */
  from: number;
  minutes: number;
  /** Minutes in which the provider fails half of all calls. */
  outage?: { from: number; to: number };
}

/** How the watch of a split ended. */
export interface CanaryEnd {
  /** The minute of the alarm; null where there was none. */
  minute: number | null;
  /** Calls of the canary since it got worse, until then. */
  calls: number;
}

const RULES = { errors: true, feedback: false, false_alarm_rate: 0.01 };
const FIRST_HOUR = 490_000;
const OUTAGE_RATE = 0.5;
const [SERVED, CANARY] = [1, 2];

/** Lets a split live, looked at every minute by the domain's code as the sweep does. */
export function liveCanary(plan: CanaryPlan, draws: Draws): CanaryEnd {
  const { share, calls: traffic, minutes } = plan;
  const split = [
    { version: SERVED, weight: 1 - share },
    { version: CANARY, weight: share },
  ];
  const ledger = new Map<string, VersionCounts>();
  let watch: CanaryWatch | null = null;
  let calls = 0;
  for (let minute = 0; minute < minutes; minute++) {
    const hour = FIRST_HOUR + Math.floor(minute / 60);
    if (watch) {
      for (const version of [SERVED, CANARY]) {
        const rate = rateOf(plan, version, minute);
        const made = draws.poisson(traffic * (version === CANARY ? share : 1 - share));
        const bad = Math.min(made, binomial(draws, made, rate));
        if (version === CANARY && minute >= plan.from) calls += made;
        const key = `${version} ${hour}`;
        const cell = ledger.get(key) ?? { metric: "errors" as const, version, hour, calls: 0, bad: 0 };
        ledger.set(key, { ...cell, calls: cell.calls + made, bad: cell.bad + bad });
      }
    }
    const counts = [...ledger.values()].filter((cell) => cell.hour >= hour - 1);
    watch = lookAt(watchSplit(split, [{ version: SERVED, weight: 1 }], RULES, watch), counts, hour);
    if (alarmOf(watch, RULES)) return { minute, calls };
  }
  return { minute: null, calls };
}

function rateOf({ served, canary, from, outage }: CanaryPlan, version: number, minute: number): number {
  if (outage && minute >= outage.from && minute < outage.to) return OUTAGE_RATE;
  return version === CANARY && minute >= from ? canary : served;
}

/** How many of some calls fail. Exact: gaps between failures are drawn, not each call. */
function binomial(draws: Draws, trials: number, rate: number): number {
  if (rate <= 0) return 0;
  let [count, at] = [0, 0];
  for (;;) {
    at += 1 + Math.floor(Math.log(1 - draws.unit()) / Math.log(1 - rate));
    if (at > trials) return count;
    count += 1;
  }
}
