import { describe, expect, it } from "vitest";
import { totalOf, type UsedRow, usageOverTime } from "../../src/dashboard/pages/overview/usage-series.ts";
import { rangeOf } from "../../src/dashboard/ui/time-range-of.ts";

function row(hour: string, executions: number): UsedRow {
  return {
    hour,
    executions,
    errors: 1,
    prompt_tokens: 10,
    completion_tokens: 5,
    total_tokens: 15,
    cost_usd: 0.5,
    saved_usd: 0.25,
    cache: { hits: { memory: 1, edge: 1, kv: 0, flight: 0 }, saved_tokens: 0 },
  };
}

describe("usage over time", () => {
  it("has a value for each hour, 0 where nothing was executed", () => {
    const range = { from: "2026-11-26T08:00:00Z", to: "2026-11-26T12:00:00Z", by: "hour" } as const;
    const { times, sums } = usageOverTime([row("2026-11-26T09:00:00Z", 4)], range);
    expect(times).toHaveLength(4);
    expect(sums.map(({ executions }) => executions)).toEqual([0, 4, 0, 0]);
  });

  it("adds rows of the same hour up", () => {
    const rows = [row("2026-11-26T09:00:00Z", 4), row("2026-11-26T09:00:00Z", 3)];
    const range = { from: "2026-11-26T09:00:00Z", to: "2026-11-26T10:00:00Z", by: "hour" } as const;
    expect(usageOverTime(rows, range).sums[0]).toMatchObject({ executions: 7, errors: 2, hits: 4, cost_usd: 1 });
    expect(totalOf(rows).executions).toBe(7);
  });
});

describe("a time range", () => {
  const now = Date.parse("2026-11-26T10:20:00Z");

  it("ends with the hour that runs, and has one of its own length before it", () => {
    const { from, to, before } = rangeOf("24h", now);
    expect(to).toBe("2026-11-26T11:00:00.000Z");
    expect(from).toBe("2026-11-25T11:00:00.000Z");
    expect(before).toEqual({ from: "2026-11-24T11:00:00.000Z", to: from });
  });

  it("is a day where the address names another", () => {
    expect(rangeOf("toString", now).name).toBe("24h");
  });
});
