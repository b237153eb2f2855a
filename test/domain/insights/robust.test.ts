import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreCount } from "../../../src/domain/insights/count-score.ts";
import { FALSE_ALARMS_A_WEEK, thresholdsFor } from "../../../src/domain/insights/false-alarms.ts";
import { median, medianSlope, quantile, robustScale } from "../../../src/domain/insights/robust.ts";
import { normalQuantile } from "../../../src/lib/normal-quantile.ts";
import { createDraws } from "../../../load/proofs/insights/draws.ts";

describe("robust statistics", () => {
  it("are those of textbooks", () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(quantile([0, 10], 0.9)).toBe(9);
    expect(medianSlope([1, 2, 3, 4, 100])).toBe(1);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 5);
  });

  it("do not mind a few outliers", () => {
    const draws = createDraws(1);
    const values = Array.from({ length: 2_000 }, () => draws.normal());
    expect(robustScale(values)).toBeCloseTo(1, 1);
    expect(robustScale([...values, ...values.slice(0, 100).map(() => 1_000)])).toBeLessThan(1.15);
  });

  it("give the normal quantile of each share and the opposite one of its rest", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 0.5, noNaN: true }), (share) => {
        expect(normalQuantile(1 - share)).toBeCloseTo(-normalQuantile(share), 6);
      }),
    );
  });
});

describe("the score of a count", () => {
  it.each([0.3, 2, 8, 40, 3_000])("is about standard normal where %d are expected", (mean) => {
    const draws = createDraws(7);
    const scores = Array.from({ length: 4_000 }, () => scoreCount(draws.poisson(mean), mean, 0));
    const average = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - average) ** 2, 0) / scores.length);
    expect(Math.abs(average)).toBeLessThan(0.12);
    expect(deviation).toBeGreaterThan(0.65);
    expect(deviation).toBeLessThan(1.1);
  });

  it("grows with the count, and is less where counts vary more", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 0.01, max: 300, noNaN: true }), (count, expected) => {
        expect(scoreCount(count + 1, expected, 0.2)).toBeGreaterThanOrEqual(scoreCount(count, expected, 0.2));
        expect(Math.abs(scoreCount(count, expected, 0.5))).toBeLessThanOrEqual(
          Math.abs(scoreCount(count, expected, 0)) + 0.7,
        );
      }),
    );
  });
});

describe("thresholds", () => {
  it("are higher where more series are watched, and where a series has a heavy tail", () => {
    const draws = createDraws(3);
    const normal = Array.from({ length: 672 }, () => draws.normal());
    const heavy = normal.map((score) => score * (draws.chance(0.05) ? 3 : 1));
    const [few, many] = [thresholdsFor(5, 1, normal), thresholdsFor(500, 1, normal)];
    expect(many.spike).toBeGreaterThan(few.spike);
    expect(many.shift).toBeGreaterThan(few.shift);
    expect(thresholdsFor(5, 1, heavy).spike).toBeGreaterThan(few.spike);
  });

  it("let one normal series spike no more often than its share of the budget", () => {
    const draws = createDraws(11);
    const series = 2;
    const { spike } = thresholdsFor(series, 1, []);
    const hours = 200_000;
    const spikes = Array.from({ length: hours }, () => draws.normal()).filter((score) => score > spike).length;
    expect((spikes / hours) * 168 * series).toBeLessThan(FALSE_ALARMS_A_WEEK);
  });
});
