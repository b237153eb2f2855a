import { describe, expect, it } from "vitest";
import { createDraws } from "../../../load/proofs/insights/draws.ts";
import { liveCanary } from "../../../load/proofs/promotions/canary-life.ts";
import type { FailedExecution } from "../../../src/domain/ledger/recent-failures.ts";
import {
  addFailures,
  beginLook,
  countFailures,
  type FailureEvidence,
  noFailureEvidence,
  noFailures,
  worthOfFailures,
} from "../../../src/domain/promotions/canary-failures.ts";

const NOW = 1_764_000_000_000;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const SPLIT = [
  { version: 1, weight: 3 },
  { version: 2, weight: 1 },
];
const NO_CALLS = new Map<number, number>();

function failure(more: Partial<FailedExecution> = {}): FailedExecution {
  const of = { id: "exe_1", prompt: "greet", label: "production", version: 2, user: null, called: true };
  return { ...of, created_at: NOW, ended_at: NOW, ...more };
}

/** The evidence after failures of these versions, each of somebody else. */
function after(versions: readonly number[], calls: ReadonlyMap<number, number> = NO_CALLS, milestone = 0) {
  const failures = versions.map((version) => ({ version, milestone }));
  return addFailures(noFailureEvidence(), 2, { served: 1, split: SPLIT, failures, calls });
}

const worth = (evidence: FailureEvidence) => worthOfFailures(evidence, noFailures());

describe("the evidence of failures", () => {
  it("wins nothing on average where whoever fails is drawn by the weights", () => {
    const start = worth(noFailureEvidence());
    const average = 0.75 * worth(after([1])) + 0.25 * worth(after([2]));
    expect(average).toBeCloseTo(start);
    expect(0.76 * worth(after([1])) + 0.24 * worth(after([2]))).toBeLessThan(start);
  });

  it("wins less where the canary calls models more often than its weight says", () => {
    const cold = new Map([
      [1, 1_000],
      [2, 1_000],
    ]);
    // A few calls by the weights are assumed beside them.
    const share = 1_005 / 2_020;
    const average = (1 - share) * worth(after([1], cold)) + share * worth(after([2], cold));
    expect(average).toBeCloseTo(worth(noFailureEvidence()), 9);
    expect(worth(after([2], cold))).toBeLessThan(worth(after([2])));
    // Whoever calls three times as often meets the 25th failure first.
    const late = after(Array<number>(50).fill(2), cold, 2);
    expect(worth(late)).toBeCloseTo(worth(noFailureEvidence()));
    expect(worth(after(Array<number>(50).fill(2), NO_CALLS, 2))).toBeGreaterThan(1e6);
    const warm = new Map([
      [1, 9_000],
      [2, 10],
    ]);
    expect(worth(after([2], warm))).toBe(worth(after([2])));
  });

  it("knows nothing of versions that are no part of the comparison", () => {
    expect(worth(after([3, 3, 3]))).toBe(worth(noFailureEvidence()));
  });
});

describe("the failures that count", () => {
  const count = (failures: FailedExecution[], before = noFailures()) =>
    countFailures(before, { failures, now: NOW + MINUTE_MS });

  it("are a user's first, fifth and 25th, and each one of nobody's", () => {
    const { counted, watch } = count(Array.from({ length: 500 }, (_, n) => failure({ user: 7, ended_at: NOW + n })));
    expect(counted.map(({ milestone }) => milestone)).toEqual([0, 1, 2]);
    expect(count([failure({ user: 7 })], watch).counted).toEqual([]);
    expect(count([failure({ user: 8 })], watch).counted).toHaveLength(1);
    expect(count([failure(), failure(), failure()]).counted).toHaveLength(3);
  });

  it("are one a minute of those that called no model", () => {
    const shared = Array.from({ length: 50 }, (_, user) => failure({ user, called: false, ended_at: NOW + user }));
    const { counted, watch } = count(shared);
    expect(counted).toHaveLength(1);
    expect(count(shared, watch).counted).toEqual([]);
    const later = failure({ user: 60, called: false, ended_at: NOW + MINUTE_MS });
    expect(count([later], watch).counted).toHaveLength(1);
    const itsCall = failure({ ended_at: NOW + MINUTE_MS });
    expect(count([later, itsCall], watch).counted).toHaveLength(1);
    expect(count([later], count([itsCall], watch).watch).counted).toEqual([]);
  });

  it("began after everybody knew the weights of the split", () => {
    const begun = beginLook(noFailures(), SPLIT, NOW);
    expect(count([failure(), failure({ created_at: NOW + MINUTE_MS })], begun).counted).toHaveLength(1);
    expect(beginLook(begun, SPLIT, NOW + MINUTE_MS)).toEqual(begun);
    const moved = beginLook(begun, [...SPLIT].toReversed(), NOW + 9 * MINUTE_MS);
    expect(moved.since).toBe(NOW + 10 * MINUTE_MS);
  });

  it("are a user's first again in the next epoch, which is twice as long and may spend less of the rate", () => {
    const { watch } = count([failure({ user: 7 })], beginLook(noFailures(), SPLIT, NOW - MINUTE_MS));
    expect(beginLook(watch, SPLIT, NOW + DAY_MS)).toMatchObject({ epoch: 1 });
    const next = beginLook(watch, SPLIT, NOW + MINUTE_MS + DAY_MS);
    expect(next).toMatchObject({ epoch: 2, counted: [] });
    expect(count([failure({ user: 7 })], next).counted).toHaveLength(1);
    expect(worthOfFailures(noFailureEvidence(), next)).toBeCloseTo(worth(noFailureEvidence()) / 3);
    const again = count([failure({ user: 7 })], next).watch;
    expect(beginLook(again, SPLIT, NOW + 2 * DAY_MS).epoch).toBe(2);
    expect(beginLook(again, SPLIT, NOW + 3 * DAY_MS + MINUTE_MS).epoch).toBe(3);
  });

  it("are of 2,000 users at most, after which the next epoch begins", () => {
    const { watch } = count(Array.from({ length: 2_000 }, (_, user) => failure({ user })));
    expect(JSON.stringify(watch).length).toBeLessThan(40_000);
    expect(beginLook(watch, SPLIT, NOW + MINUTE_MS)).toMatchObject({ epoch: 2, counted: [] });
  });
});

describe("a watched split", () => {
  const plan = { calls: 20, share: 0.2, served: 0.01, canary: 0.01, from: 0, minutes: 600 };
  const lives = (more: object, count: number) =>
    Array.from({ length: count }, (_, n) => liveCanary({ ...plan, ...more }, createDraws(n)).minute ?? Infinity);

  it.each([{}, { users: 2_000 }])("goes back where the canary fails five times as often: %o", (more) => {
    const minutes = lives({ calls: 50, canary: 0.05, ...more }, 20).toSorted((a, b) => a - b);
    expect(minutes[18]).toBeLessThan(150);
  });

  it.each(["repeats", "customers", "herds"] as const)(
    "stays where both are alike and failures come as %s",
    (pattern) => {
      const alarms = lives({ pattern, users: 200, share: 0.3 }, 12).filter((minute) => minute < Infinity);
      expect(alarms.length).toBeLessThanOrEqual(1);
    },
  );
});
