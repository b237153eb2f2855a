import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../src/domain/ledger/periods.ts";
import { planUsage } from "../../../src/domain/ledger/usage-plan.ts";

const DAY = 20_000;
const at = (day: number, hour: number, ms = 0) => day * DAY_MS + hour * HOUR_MS + ms;
const STATE = { packedDay: DAY + 10, oldestHour: 0 };

describe("the plan of a usage query", () => {
  it("reads whole days, the hours at their edges, and parts of the hours at the ends", () => {
    const plan = planUsage({ from: at(DAY, 22, 5), to: at(DAY + 3, 1, 7), byHour: false }, STATE);
    expect(plan).toMatchObject({
      days: { from: DAY + 1, to: DAY + 3 },
      hours: [
        { from: DAY * 24 + 23, to: (DAY + 1) * 24 },
        { from: (DAY + 3) * 24, to: (DAY + 3) * 24 + 1 },
      ],
      parts: [
        { hour: DAY * 24 + 22, from: at(DAY, 22, 5), to: at(DAY, 23) },
        { hour: (DAY + 3) * 24 + 1, from: at(DAY + 3, 1), to: at(DAY + 3, 1, 7) },
      ],
    });
  });

  it("is one part for a time within an hour", () => {
    const query = { from: at(DAY, 3, 1), to: at(DAY, 3, 2), byHour: false };
    const { days, hours, parts } = planUsage(query, STATE);
    expect([days.from - days.to, hours, parts]).toEqual([
      0,
      [],
      [{ hour: DAY * 24 + 3, from: query.from, to: query.to }],
    ]);
  });

  it("reads hours where a day has no row yet, and where hours are asked for", () => {
    const query = { from: at(DAY, 0), to: at(DAY + 2, 0), byHour: false };
    const whole = [{ from: DAY * 24, to: (DAY + 2) * 24 }];
    expect(planUsage(query, { ...STATE, packedDay: DAY }).hours).toEqual(whole);
    expect(planUsage({ ...query, byHour: true }, STATE)).toMatchObject({ hours: whole, parts: [] });
  });

  it("covers whole days where hours are kept no more, and says so", () => {
    const query = { from: at(DAY, 5, 1), to: at(DAY + 4, 5, 1), byHour: false };
    const plan = planUsage(query, { ...STATE, oldestHour: (DAY + 2) * 24 });
    expect(plan).toMatchObject({ from: at(DAY, 0), to: query.to, days: { from: DAY, to: DAY + 4 } });
    expect(plan.parts).toEqual([{ hour: (DAY + 4) * 24 + 5, from: at(DAY + 4, 5), to: query.to }]);
  });
});
