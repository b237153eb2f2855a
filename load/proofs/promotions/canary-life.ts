import { HOUR_MS, hourOf } from "../../../src/domain/ledger/periods.ts";
import type { FailedExecution } from "../../../src/domain/ledger/recent-failures.ts";
import {
  alarmOf,
  type CanaryWatch,
  lookAt,
  type VersionCounts,
  watchSplit,
} from "../../../src/domain/promotions/canary.ts";
import { spanOfLook } from "../../../src/domain/promotions/canary-failures.ts";
import { md5Prefix } from "../../../src/lib/hash.ts";
import type { Draws } from "../insights/draws.ts";
import { CANARY, type CanaryPlan, CanaryWorld, SERVED, type WorldMinute } from "./canary-world.ts";

/** How the watch of a split ended. */
export interface CanaryEnd {
  /** The minute of the alarm; null where there was none. */
  minute: number | null;
  /** Calls of the canary since it got worse, until then. */
  calls: number;
}

/** The rules of a split that is judged by errors alone. */
const RULES = { errors: true, feedback: false, tests: false, false_alarm_rate: 0.01 };
const START = 490_000 * HOUR_MS;
const MINUTE_MS = 60_000;
/** As many failures as a look takes of the eight ledger objects. */
const LOOKED_AT = 200;

/** Lets a split live, looked at every minute by the domain's code as the sweep does. */
export function liveCanary(plan: CanaryPlan, draws: Draws): CanaryEnd {
  const world = new CanaryWorld(plan, draws);
  const ledger = new SimulatedLedger();
  const split = [
    { version: SERVED, weight: 1 - plan.share },
    { version: CANARY, weight: plan.share },
  ];
  let watch: CanaryWatch | null = null;
  let calls = 0;
  for (let minute = 0; minute < plan.minutes; minute++) {
    const now = START + (minute + 1) * MINUTE_MS;
    const ended = world.next(minute);
    ledger.record(ended, now - MINUTE_MS);
    if (minute >= plan.from) calls += ended.calls.get(CANARY) ?? 0;
    const begun = watchSplit(split, [{ version: SERVED, weight: 1 }], RULES, watch);
    const look = { split, counts: ledger.counts(hourOf(now)), failures: ledger.failures(begun, now), now };
    watch = lookAt(begun, look);
    if (alarmOf(watch, RULES)) return { minute, calls };
  }
  return { minute: null, calls };
}

/** What the ledger of a world tells: counts by version and hour, and the newest failures. */
class SimulatedLedger {
  #counts: VersionCounts[] = [];
  #failures: FailedExecution[] = [];
  #ids = 0;

  record({ calls, failures }: WorldMinute, from: number): void {
    for (const [version, made] of calls) {
      const bad = failures.filter((each) => each.version === version).length;
      const hour = hourOf(from);
      const cell = this.#counts.find((each) => each.version === version && each.hour === hour);
      if (cell) [cell.calls, cell.bad] = [cell.calls + made, cell.bad + bad];
      else this.#counts.push({ metric: "errors", version, hour, calls: made, bad });
    }
    for (const { version, user, called, moment } of failures) {
      const created_at = from + Math.floor(moment * MINUTE_MS);
      const id = String(this.#ids++);
      const hash = user === null ? null : md5Prefix(user);
      const of = { id, prompt: "greet", label: "production", version, user: hash, called };
      this.#failures.push({ ...of, created_at, ended_at: created_at });
    }
  }

  counts(hour: number): VersionCounts[] {
    this.#counts = this.#counts.filter((each) => each.hour >= hour - 1);
    return this.#counts.map((each) => ({ ...each }));
  }

  failures({ failures }: CanaryWatch, now: number): FailedExecution[] {
    const { from, to } = spanOfLook(failures, now);
    const found = this.#failures.filter(({ ended_at }) => ended_at > from && ended_at <= to);
    this.#failures = this.#failures.filter(({ ended_at }) => ended_at > to);
    return found.toSorted((a, b) => b.ended_at - a.ended_at).slice(0, LOOKED_AT);
  }
}
