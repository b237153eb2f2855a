import { describe, expect, it } from "vitest";
import { meanOf, pairedInterval, seededRandom } from "../../../src/domain/comparisons/paired-interval.ts";

const RUNS = 1_000;

/** How often the interval of `count` drawn differences holds their true mean. */
function coverage(count: number, truth: number, bound: number | undefined, draw: (random: () => number) => number) {
  const random = seededRandom(count * 7_919 + 1);
  let covered = 0;
  for (let seed = 0; seed < RUNS; seed++) {
    const differences = Array.from({ length: count }, () => draw(random));
    const [low, high] = pairedInterval(differences, { seed, bound }) ?? [0, 0];
    if (low <= truth && truth <= high) covered += 1;
  }
  return covered / RUNS;
}

const passing = (a: number, b: number) => (random: () => number) => Number(random() < a) - Number(random() < b);
/** Three binomial deviations of 1,000 runs below 95 %. */
const LEAST = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / RUNS);

describe("the interval of paired differences", () => {
  it.each([
    [20, 0.9, 0.9],
    [20, 0.95, 0.6],
    [20, 1, 0.97],
    [60, 0.98, 0.95],
    [100, 0.7, 0.65],
  ])("of %i inputs with pass rates of %f and %f covers the truth as often as it says", (count, a, b) => {
    expect(coverage(count, a - b, 1, passing(a, b))).toBeGreaterThan(LEAST);
  });

  it("covers a mean of costs or latencies, whatever their size", () => {
    // Two latencies of 100 ms and an exponential rest, of which one is 50 ms slower.
    const latency = (random: () => number) => 100 - Math.log(1 - random()) * 300;
    expect(coverage(60, 50, undefined, (random) => latency(random) + 50 - latency(random))).toBeGreaterThan(LEAST);
  });

  it("does not exclude a rare difference that was not seen yet", () => {
    const [low, high] = pairedInterval(
      Array.from({ length: 20 }, () => 0),
      { seed: 1, bound: 1 },
    ) ?? [0, 0];
    expect(low).toBeLessThan(-0.08);
    expect(high).toBeGreaterThan(0.08);
  });

  it("is the same for the same seed, and narrows with more inputs", () => {
    const differences = Array.from({ length: 40 }, (_, at) => (at % 4 === 0 ? 1 : 0));
    const interval = pairedInterval(differences, { seed: 7, bound: 1 }) ?? [0, 0];
    expect(pairedInterval(differences, { seed: 7, bound: 1 })).toEqual(interval);
    expect(interval[0]).toBeGreaterThan(0);
    const more = pairedInterval(Array.from({ length: 4 }, () => differences).flat(), { seed: 7, bound: 1 }) ?? [0, 0];
    expect(more[1] - more[0]).toBeLessThan(interval[1] - interval[0]);
  });

  it("says nothing of nothing", () => {
    expect(pairedInterval([], { seed: 1, bound: 1 })).toBeNull();
    expect(pairedInterval([3], { seed: 1 })).toBeNull();
    expect(meanOf([])).toBe(0);
  });
});
