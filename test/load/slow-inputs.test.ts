import { describe, expect, it } from "vitest";
import { measureGrowth } from "../../load/proofs/slow-inputs/growth.ts";
import { findSuspects } from "../../load/proofs/slow-inputs/suspects.ts";

/** `npm run prove -- slow-inputs` tries every rendering, more texts, and larger ones. */
describe("a parser or checker that a request reaches", () => {
  it("does work that grows as its input grows, whatever the input", { timeout: 120_000 }, async () => {
    const suspects = findSuspects({ seed: 1, texts: 3, renderings: 0.02 });
    const slow: string[] = [];
    for (const suspect of suspects) {
      const { isSlow } = await measureGrowth(suspect, 2500);
      if (isSlow) slow.push(`${suspect.parser}: ${suspect.shape}`);
    }
    expect(suspects.length).toBeGreaterThan(900);
    expect(slow).toEqual([]);
  });
});

describe("the search for slow inputs", () => {
  const growthOf = async (power: number) => {
    const prepare = (size: number) => () => size ** power;
    return measureGrowth({ parser: "none", shape: "counted", prepare }, 100);
  };

  it("takes eight times the work for eight times the input as linear, and more than twenty times as slow", async () => {
    expect(await growthOf(1)).toMatchObject({ small: 100, large: 800, isSlow: false });
    expect(await growthOf(2)).toMatchObject({ small: 10_000, large: 640_000, isSlow: true });
  });

  it("finds a regular expression that backtracks, by its time", async () => {
    const prepare = (size: number) => () => /a*$/.test(`${"a".repeat(size)}b`);
    const growth = await measureGrowth({ parser: "none", shape: "backtracking", prepare }, 1500);
    expect(growth).toMatchObject({ unit: "ms", isSlow: true });
  });

  it("tries the same inputs for the same seed", () => {
    const shapes = (seed: number) => findSuspects({ seed, texts: 3, renderings: 0.01 }).map(({ shape }) => shape);
    expect(shapes(2)).toEqual(shapes(2));
    expect(shapes(2)).not.toEqual(shapes(3));
  });
});
