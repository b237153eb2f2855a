import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureSteps } from "../../load/proofs/slow-inputs/growth.ts";
import { createStepCounter, type StepCounter } from "../../load/proofs/slow-inputs/step-counter.ts";
import { findSuspects } from "../../load/proofs/slow-inputs/suspects.ts";

let counter: StepCounter;
beforeAll(() => {
  counter = createStepCounter();
});
afterAll(() => {
  counter.stop();
});

/**
 * `npm run prove -- slow-inputs` tries every rendering, more texts and larger ones, and measures
 * times, too. Regular expressions that backtrack are found by lint.
 */
describe("a parser or checker that a request reaches", () => {
  it("takes steps that grow as its input grows, whatever the input", { timeout: 120_000 }, async () => {
    const suspects = findSuspects({ seed: 1, texts: 3, renderings: 0.02 });
    const slow: string[] = [];
    for (const suspect of suspects) {
      const { isSlow } = await measureSteps(suspect, 1000, counter);
      if (isSlow) slow.push(`${suspect.parser}: ${suspect.shape}`);
    }
    expect(suspects.length).toBeGreaterThan(900);
    expect(slow).toEqual([]);
  });
});

describe("the search for slow inputs", () => {
  const growthOf = async (smaller: number, rounds: (size: number) => number) => {
    const prepare = (size: number) => () => {
      let sum = 0;
      for (let left = rounds(size); left > 0; left -= 1) sum += left;
      return sum;
    };
    await counter.count(() => undefined);
    return measureSteps({ parser: "none", shape: "counted", prepare }, smaller, counter);
  };

  it("takes eight times the steps for eight times the input as linear, and more than twenty times as slow", async () => {
    const linear = await growthOf(10_000, (size) => size);
    expect(linear.large / linear.small).toBeCloseTo(8, 0);
    expect(linear.isSlow).toBe(false);
    const quadratic = await growthOf(200, (size) => size ** 2);
    expect(quadratic.large / quadratic.small).toBeCloseTo(64, 0);
    expect(quadratic.isSlow).toBe(true);
  });

  it("counts the same steps for the same work", async () => {
    const [suspect] = findSuspects({ seed: 1, texts: 0, renderings: 0 });
    if (suspect === undefined) throw new Error("there is no suspect");
    const work = suspect.prepare(500);
    const counts = [await counter.count(work), await counter.count(work), await counter.count(work)];
    expect(counts[2]).toBe(counts[1]);
  });

  it("tries the same inputs for the same seed", () => {
    const shapes = (seed: number) => findSuspects({ seed, texts: 3, renderings: 0.01 }).map(({ shape }) => shape);
    expect(shapes(2)).toEqual(shapes(2));
    expect(shapes(2)).not.toEqual(shapes(3));
  });
});
