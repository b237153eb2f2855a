import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { budgetUses, exhaustionOf, minuteUses, storageUses } from "../../../src/domain/insights/capacity.ts";
import { forecastHours } from "../../../src/domain/insights/holt-winters.ts";
import { createDraws } from "../../../load/proofs/insights/draws.ts";

const WEEK = 168;
const HOUR_MS = 3_600_000;
const START = Date.parse("2026-03-02T00:00:00Z");
const always = (expected: number, low = expected, high = expected) => ({
  at: () => ({ expected, low, high }),
  relative_error: null,
});

describe("a forecast by the hour", () => {
  it("is none of less than two weeks", () => {
    expect(forecastHours(Array.from({ length: 2 * WEEK - 1 }, () => 5))).toBeNull();
  });

  it("repeats a season without noise", () => {
    const amounts = Array.from({ length: 6 * WEEK }, (_, at) => 100 + 50 * Math.sin((2 * Math.PI * at) / WEEK));
    const forecast = forecastHours(amounts);
    for (const ahead of [0, 50, 167, 300]) {
      const amount = 100 + 50 * Math.sin((2 * Math.PI * ahead) / WEEK);
      expect((forecast?.at(ahead).expected ?? 0) / amount).toBeCloseTo(1, 1);
    }
  });

  it("is better than the week before where there is noise", () => {
    const draws = createDraws(5);
    const amounts = Array.from({ length: 8 * WEEK }, (_, at) =>
      draws.poisson(20 + 15 * Math.sin((2 * Math.PI * at) / 24)),
    );
    expect(forecastHours(amounts)?.relative_error).toBeLessThan(0.9);
  });

  it("has its bounds around what is expected, and is never negative", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 3 * WEEK, maxLength: 3 * WEEK }),
        fc.nat(2_000),
        (amounts, ahead) => {
          const { low = -1, high = -1, expected = -1 } = forecastHours(amounts)?.at(ahead) ?? {};
          expect(low).toBeGreaterThanOrEqual(0);
          expect(high).toBeGreaterThanOrEqual(low);
          expect(expected).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe("a limit", () => {
  const horizon = { start: START, hours: 10 * 24 };

  it("of requests a minute is compared with the busiest minute of an hour", () => {
    // 3,600 an hour are 60 a minute, and 78.6 in the busiest of sixty.
    const used = exhaustionOf(minuteUses(always(3_600), 1, horizon), 79);
    expect(used).toMatchObject({ expected: null, earliest: null, latest: null });
    expect(used.most.expected).toBeCloseTo(78.6, 1);
    expect(exhaustionOf(minuteUses(always(3_600), 1, horizon), 78).expected).toBe(START);
    expect(exhaustionOf(minuteUses(always(3_600), 100, horizon), 7_800).expected).toBe(START);
  });

  it("of a budget is reached by the sum of a window, first by the upper bound", () => {
    const cost = always(10, 5, 20);
    const used = exhaustionOf(budgetUses(cost, { window: "daily", spent: 0, share: 1 }, horizon), 200);
    expect(used.expected).toBe(START + 20 * HOUR_MS);
    expect(used.earliest).toBe(START + 10 * HOUR_MS);
    expect(used.latest).toBeNull();
    const spent = exhaustionOf(budgetUses(cost, { window: "daily", spent: 150, share: 0.5 }, horizon), 200);
    expect(spent.expected).toBe(START + 10 * HOUR_MS);
  });

  it("of a month begins anew with the next one", () => {
    const late = { start: Date.parse("2026-03-31T22:00:00Z"), hours: 24 };
    const used = exhaustionOf(budgetUses(always(1), { window: "monthly", spent: 90, share: 1 }, late), 93);
    expect(used.expected).toBeNull();
    expect(used.most.expected).toBe(92);
  });

  it("of storage grows with the executions of a day", () => {
    const used = exhaustionOf(storageUses(always(200), { bytes: 1_000, perDay: 2_400 }, horizon), 1_900);
    expect(used.expected).toBe(START);
    expect(used.most.expected).toBe(2_000);
  });
});
