import { describe, expect, it } from "vitest";
import { type LiveSums, NOTHING_YET, withEvent } from "../../src/dashboard/api/live-view.ts";
import { lastMinute, liveRates } from "../../src/dashboard/pages/overview/live-series.ts";

const START = Date.parse("2026-11-26T10:00:00.000Z");

/** What came in the 300 ms that end `ms` after the start. */
function point(ms: number, sums: Partial<LiveSums> = {}): LiveSums {
  const none = { requests: 0, request_errors: 0, throttled: 0, executions: 0, failed: 0, within_sla: 0, cost_usd: 0 };
  const rest = { saved_usd: 0, memory: 0, edge: 0, kv: 0, flight: 0, calls: 0, failed_calls: 0 };
  const tokens = { input_tokens: 0, output_tokens: 0 };
  return { at: new Date(START + ms).toISOString(), ms: 300, ...none, ...rest, ...tokens, ...sums };
}

describe("the live plots", () => {
  it("shows rates a second by the time that was measured, not by the bin's length", () => {
    const points = [point(300, { executions: 3 }), point(900, { executions: 3 }), point(2_100, { executions: 9 })];
    const { times, rates } = liveRates(points, ["executions"]);
    expect(times).toEqual([START]);
    expect(rates.executions).toEqual([10]);
  });

  it("leaves the bin out that still fills", () => {
    expect(liveRates([point(300, { requests: 5 })], ["requests"]).times).toEqual([]);
  });

  it("counts what answered in the last minute alone, failed executions apart", () => {
    const points = [
      point(0, { executions: 100, memory: 100 }),
      point(60_300, { executions: 10, memory: 4, flight: 1, failed: 2, cost_usd: 0.001 }),
    ];
    const { sources, failedShare, costPerHour } = lastMinute(points);
    expect(sources).toEqual({ memory: 4, edge: 0, kv: 0, flight: 1, provider: 3 });
    expect(failedShare).toBe(0.2);
    expect(costPerHour).toBeCloseTo(3.6);
  });

  it("says nothing of failures where nothing was executed", () => {
    expect(lastMinute([]).failedShare).toBeNull();
  });
});

describe("the live view", () => {
  it("begins with the history and drops what is older than five minutes", () => {
    const begun = withEvent(NOTHING_YET, "history", { points: [point(0), point(299_000)] });
    expect(begun.state).toBe("live");
    const updated = withEvent(begun, "update", point(300_500));
    expect(updated.points.map(({ at }) => Date.parse(at) - START)).toEqual([299_000, 300_500]);
    expect(updated.updates).toHaveLength(1);
  });

  it("leaves events alone that it does not know", () => {
    expect(withEvent(NOTHING_YET, "later", {})).toBe(NOTHING_YET);
  });
});
