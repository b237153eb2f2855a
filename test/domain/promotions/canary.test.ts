import { describe, expect, it } from "vitest";
import { alarmOf, alarmText, lookAt, type VersionCounts, watchSplit } from "../../../src/domain/promotions/canary.ts";

const RULES = { errors: true, feedback: true, false_alarm_rate: 0.01 };
const split = (...weights: number[]) => weights.map((weight, at) => ({ version: at + 1, weight }));
const HOUR = 490_000;

function counts(version: number, calls: number, bad: number, hour = HOUR): VersionCounts {
  return { metric: "errors", version, hour, calls, bad };
}

describe("the watch of a split", () => {
  it("compares new versions with the one that was served before, by each metric", () => {
    const watch = watchSplit(split(1, 99), [{ version: 1, weight: 1 }], RULES, null);
    expect(watch.served).toBe(1);
    expect(watch.cases.map(({ version, metric }) => [version, metric])).toEqual([
      [2, "errors"],
      [2, "feedback"],
    ]);
    expect(watchSplit(split(1, 99), null, RULES, null).served).toBe(2);
    expect(watchSplit(split(2, 1), [{ version: 9, weight: 1 }], RULES, null).served).toBe(1);
  });

  it("goes on where only the weights change, and begins anew with other versions or rules", () => {
    const known = lookAt(watchSplit(split(99, 1), split(1), RULES, null), [counts(1, 5, 0)], HOUR);
    expect(watchSplit(split(1, 99), split(99, 1), RULES, known)).toBe(known);
    expect(watchSplit(split(1, 1, 1), split(1, 1), RULES, known).hour).toBe(0);
    expect(watchSplit(split(1, 1), split(1), { ...RULES, feedback: false }, known).hour).toBe(0);
  });

  it("counts only what came since the last look, and what comes late to an hour that is over", () => {
    const first = lookAt(
      watchSplit(split(9, 1), split(1), RULES, null),
      [counts(1, 1_000, 500), counts(2, 4, 4)],
      HOUR,
    );
    expect(first.cases[0]?.total).toEqual({ served: { calls: 0, bad: 0 }, canary: { calls: 0, bad: 0 } });
    const next = [counts(1, 1_010, 500), counts(2, 6, 4), counts(1, 20, 1, HOUR + 1), counts(2, 3, 1, HOUR + 1)];
    const second = lookAt(first, next, HOUR + 1);
    expect(second.cases[0]?.total).toEqual({ served: { calls: 30, bad: 1 }, canary: { calls: 5, bad: 1 } });
    expect(lookAt(second, next, HOUR + 1).cases).toEqual(second.cases);
  });

  it("takes no counts that would be less than nothing, as after a score was replaced by a better one", () => {
    const first = lookAt(watchSplit(split(9, 1), split(1), RULES, null), [counts(2, 10, 5)], HOUR);
    const second = lookAt(first, [counts(2, 11, 2)], HOUR);
    expect(second.cases[0]?.total.canary).toEqual({ calls: 1, bad: 0 });
  });

  it("alarms with its reasons once a version is proven to be worse, the rate shared among the cases", () => {
    let watch = watchSplit(split(9, 1), split(1), RULES, null);
    for (const at of [0, 1, 2])
      watch = lookAt(watch, [counts(1, 900 * at, 9 * at), counts(2, 100 * at, 10 * at)], HOUR);
    const alarm = alarmOf(watch, RULES);
    expect(alarm).toMatchObject({ case: { version: 2, metric: "errors" }, threshold: 200 });
    expect(alarm && alarmText(alarm, 1)).toMatch(
      /^Version 2 is worse than 1: 20 of 200 calls failed, against 18 of 1800; evidence \d+, enough 200\.$/,
    );
  });
});
