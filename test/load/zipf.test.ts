import { describe, expect, it } from "vitest";
import { bestHitRate, zipfSequence, zipfShares } from "../../load/bench/zipf/sequence.ts";

const REPLAY = { requests: 20_000, inputs: 1_000, s: 1, seed: 7 };

describe("the Zipf replay", () => {
  it("only depends on the seed", () => {
    expect(zipfSequence(REPLAY)).toEqual(zipfSequence(REPLAY));
    expect(zipfSequence({ ...REPLAY, seed: 8 })).not.toEqual(zipfSequence(REPLAY));
  });

  it("gives the n-th input 1/n of the requests of the first, and all shares sum to 1", () => {
    const shares = zipfShares(1_000, 1);
    expect((shares[0] ?? 0) / (shares[9] ?? 1)).toBeCloseTo(10, 9);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(zipfShares(4, 0)).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it("requests each input about in its share, and no other input", () => {
    const counts = new Map<number, number>();
    for (const rank of zipfSequence(REPLAY)) counts.set(rank, (counts.get(rank) ?? 0) + 1);
    const shares = zipfShares(REPLAY.inputs, REPLAY.s);
    for (const rank of [0, 1, 2, 9]) {
      const expected = (shares[rank] ?? 0) * REPLAY.requests;
      // Four standard deviations of a binomial count.
      expect(Math.abs((counts.get(rank) ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
    expect([...counts.keys()].every((rank) => Number.isInteger(rank) && rank >= 0 && rank < REPLAY.inputs)).toBe(true);
  });

  it("has a best hit rate of one miss for each different input", () => {
    expect(bestHitRate([0, 0, 1, 0, 1, 2, 0, 0])).toBe(1 - 3 / 8);
  });
});
