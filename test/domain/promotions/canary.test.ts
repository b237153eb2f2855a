import { describe, expect, it } from "vitest";
import type { FailedExecution } from "../../../src/domain/ledger/recent-failures.ts";
import { HOUR_MS } from "../../../src/domain/ledger/periods.ts";
import {
  alarmOf,
  alarmText,
  type CanaryWatch,
  lookAt,
  measuresOf,
  type VersionCounts,
  watchSplit,
} from "../../../src/domain/promotions/canary.ts";

const RULES = { errors: true, feedback: true, tests: true, false_alarm_rate: 0.01 };
const split = (...weights: number[]) => weights.map((weight, at) => ({ version: at + 1, weight }));
const HOUR = 490_000;
const MINUTE_MS = 60_000;
const START = HOUR * HOUR_MS;

function counts(version: number, calls: number, bad: number, hour = HOUR): VersionCounts {
  return { metric: "errors", version, hour, calls, bad };
}

/** Calls of a minute that failed, of users who each have only one. */
function failures(version: number, count: number, minute: number): FailedExecution[] {
  const at = START + minute * MINUTE_MS;
  return Array.from({ length: count }, (_, n) => ({
    id: `${version}/${minute}/${n}`,
    prompt: "greet",
    label: "production",
    version,
    user: null,
    called: true,
    created_at: at,
    ended_at: at,
  }));
}

function look(watch: CanaryWatch, found: VersionCounts[], minute: number, failed: FailedExecution[] = []) {
  return lookAt(watch, { split: split(9, 1), counts: found, failures: failed, now: START + minute * MINUTE_MS });
}

describe("the watch of a split", () => {
  it("compares new versions with the one that was served before, by each metric", () => {
    const watch = watchSplit(split(1, 99), [{ version: 1, weight: 1 }], RULES, null);
    expect([watch.served, watch.canaries]).toEqual([1, [2]]);
    expect(watch.cases.map(({ version, metric }) => [version, metric])).toEqual([
      [2, "errors"],
      [2, "feedback"],
    ]);
    expect(watchSplit(split(1, 99), null, RULES, null).served).toBe(2);
    expect(watchSplit(split(2, 1), [{ version: 9, weight: 1 }], RULES, null).served).toBe(1);
  });

  it("goes on where only the weights change, and begins anew with other versions or rules", () => {
    const known = look(watchSplit(split(99, 1), split(1), RULES, null), [counts(1, 5, 0)], 0);
    expect(watchSplit(split(1, 99), split(99, 1), RULES, known)).toBe(known);
    expect(watchSplit(split(1, 1, 1), split(1, 1), RULES, known).hour).toBe(0);
    expect(watchSplit(split(1, 1), split(1), { ...RULES, feedback: false }, known).hour).toBe(0);
  });

  it("begins anew where an older version knew nothing of failures", () => {
    const { failures: _unknown, ...older } = look(watchSplit(split(99, 1), split(1), RULES, null), [], 0);
    expect(watchSplit(split(99, 1), split(1), RULES, older as CanaryWatch).hour).toBe(0);
  });

  it("counts only what came since the last look, and what comes late to an hour that is over", () => {
    const begun = watchSplit(split(9, 1), split(1), RULES, null);
    const first = look(begun, [counts(1, 1_000, 500), counts(2, 4, 4)], 0);
    expect(first.cases[0]?.total).toEqual({ served: { calls: 0, bad: 0 }, canary: { calls: 0, bad: 0 } });
    const next = [counts(1, 1_010, 500), counts(2, 6, 4), counts(1, 20, 1, HOUR + 1), counts(2, 3, 1, HOUR + 1)];
    const second = look(first, next, 60);
    expect(second.cases[0]?.total).toEqual({ served: { calls: 30, bad: 1 }, canary: { calls: 5, bad: 1 } });
    expect(look(second, next, 60).cases).toEqual(second.cases);
  });

  it("takes no counts that would be less than nothing, as after a score was replaced by a better one", () => {
    const first = look(watchSplit(split(9, 1), split(1), RULES, null), [counts(2, 10, 5)], 0);
    expect(look(first, [counts(2, 11, 2)], 1).cases[0]?.total.canary).toEqual({ calls: 1, bad: 0 });
  });

  it("alarms with its reasons once a version is proven to be worse, the rate shared among the measures", () => {
    let watch = watchSplit(split(9, 1), split(1), RULES, null);
    expect(measuresOf(watch, RULES)).toBe(3);
    for (const at of [0, 1, 2, 3, 4]) {
      const failed = at < 2 ? [] : [...failures(1, 9, at - 1), ...failures(2, 10, at - 1)];
      watch = look(watch, [counts(1, 900 * at, 9 * at), counts(2, 100 * at, 10 * at)], at, failed);
    }
    const alarm = alarmOf(watch, RULES);
    expect(alarm).toMatchObject({ case: { version: 2, metric: "errors" }, threshold: 300 });
    expect(alarm && alarmText(alarm, 1)).toMatch(
      /^Version 2 is worse than 1: 40 of 400 calls failed, against 36 of 3600; 30 of 57 failures that count were its own, where 5\.7 were expected; evidence \d+, enough 300\.$/,
    );
  });

  it("lets another share of the stake be laid each hour, for what gets worse late", () => {
    let watch = look(watchSplit(split(9, 1), split(1), RULES, null), [], 0);
    for (let minute = 1; minute < 50; minute++) watch = look(watch, [], minute, failures(1, 20, minute));
    const late = (from: CanaryWatch) => {
      const seen = look(from, [], 61, [...failures(1, 9, 60), ...failures(2, 40, 60)]);
      return alarmOf(seen, RULES) !== undefined;
    };
    expect(late(watch)).toBe(true);
    expect(late({ ...watch, hour: HOUR + 1 })).toBe(false);
  });
});
