import { describe, expect, it } from "vitest";
import { addCounts, noEvidence } from "../../../src/domain/promotions/e-process.ts";
import { worthOf } from "../../../src/domain/promotions/stakes.ts";

/** What a block of some calls wins on average where each fails at these rates: summed exactly. */
function expectedWorth(calls: { served: number; canary: number }, rates: { served: number; canary: number }): number {
  const start = worthOf(noEvidence());
  let sum = 0;
  for (let served = 0; served <= calls.served; served++) {
    for (let canary = 0; canary <= calls.canary; canary++) {
      const counts = {
        served: { calls: calls.served, bad: served },
        canary: { calls: calls.canary, bad: canary },
      };
      const chance = chanceOf(calls.served, served, rates.served) * chanceOf(calls.canary, canary, rates.canary);
      sum += (chance * worthOf(addCounts(noEvidence(), counts, false))) / start;
    }
  }
  return sum;
}

function chanceOf(trials: number, successes: number, rate: number): number {
  let chance = 1;
  for (let at = 0; at < successes; at++) chance *= (trials - at) / (at + 1);
  return chance * rate ** successes * (1 - rate) ** (trials - successes);
}

const calls = { served: 9, canary: 3 };

describe("the evidence against a canary", () => {
  it.each([0, 0.01, 0.02, 0.1, 0.5, 0.9, 1])("wins nothing on average where both versions fail at %d", (rate) => {
    expect(expectedWorth(calls, { served: rate, canary: rate })).toBeLessThanOrEqual(1 + 1e-12);
    expect(expectedWorth({ served: 1, canary: 20 }, { served: rate, canary: rate })).toBeLessThanOrEqual(1 + 1e-12);
  });

  it("loses where the canary is better, and wins where it is worse", () => {
    expect(expectedWorth(calls, { served: 0.1, canary: 0.02 })).toBeLessThan(1);
    expect(expectedWorth(calls, { served: 0.02, canary: 0.1 })).toBeGreaterThan(1.1);
  });

  it("waits with calls of a minute in which one of the versions had none", () => {
    const alone = { served: { calls: 0, bad: 0 }, canary: { calls: 5, bad: 5 } };
    const waiting = addCounts(noEvidence(), alone, false);
    expect(worthOf(waiting)).toBe(worthOf(noEvidence()));
    const both = addCounts(waiting, { served: { calls: 50, bad: 0 }, canary: { calls: 0, bad: 0 } }, false);
    expect(worthOf(both)).toBeGreaterThan(1_000);
  });

  it("stays JSON", () => {
    const counts = { served: { calls: 100, bad: 1 }, canary: { calls: 10, bad: 0.5 } };
    const evidence = addCounts(noEvidence(), counts, true);
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
  });
});
