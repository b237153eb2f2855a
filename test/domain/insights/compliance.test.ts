import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { complianceOf, countAbove, sumHours } from "../../../src/domain/insights/compliance.ts";
import { latenciesOverTime } from "../../../src/domain/insights/latencies-over-time.ts";
import { DEFAULT_OBJECTIVE, readObjective } from "../../../src/domain/insights/objective.ts";
import { intervalOf, satisfactionOf } from "../../../src/domain/insights/satisfaction.ts";
import { bucketOfLatency, noCell } from "../../../src/domain/ledger/insight-cell.ts";
import { createDraws } from "../../../load/proofs/insights/draws.ts";

const objective = { availability: 0.99, percentile: 0.9, latency_ms: 1_000 };

describe("an objective", () => {
  it("is 99.9 % within 1.5 s where a prompt gives none", () => {
    expect(readObjective({})).toEqual({ ...DEFAULT_OBJECTIVE, source: "default", ignored: [] });
  });

  it("is what the prompt's metadata gives, in shares or percentages, and the default for the rest", () => {
    const sla = { availability: 99.5, percentile: 0.95 };
    expect(readObjective({ sla })).toEqual({
      availability: 0.995,
      percentile: 0.95,
      latency_ms: 1_500,
      source: "prompt",
      ignored: [],
    });
  });

  it.each([
    [{ availability: 1 }],
    [{ availability: "high" }],
    [{ percentile: 100 }],
    [{ latency_ms: -1 }],
    [{ uptime: 9 }],
  ])("ignores what is none: %o", (sla) => {
    expect(readObjective({ sla })).toMatchObject({ ...DEFAULT_OBJECTIVE, source: "default" });
    expect(readObjective({ sla }).ignored).toEqual(Object.keys(sla).map((name) => `sla.${name}`));
  });
});

describe("latencies over time", () => {
  const cellOf = (...ms: number[]) => {
    const cell = { ...noCell(), executions: ms.length };
    for (const each of ms)
      cell.latencies.set(bucketOfLatency(each), (cell.latencies.get(bucketOfLatency(each)) ?? 0) + 1);
    return cell;
  };

  it("are told by the hour, within the width of a bucket, the oldest first", () => {
    const slow = Array.from({ length: 10 }, () => 5_000);
    const quick = Array.from({ length: 90 }, () => 100);
    const [first, second, ...more] = latenciesOverTime(
      new Map([
        [49, cellOf(...quick, ...slow)],
        [48, cellOf(100)],
      ]),
      "hour",
    );
    expect([first?.at, second?.at, more.length]).toEqual([48 * 3_600_000, 49 * 3_600_000, 0]);
    expect(second?.executions).toBe(100);
    expect(second?.p50_ms).toBeGreaterThan(64);
    expect(second?.p50_ms).toBeLessThanOrEqual(128);
    for (const p of [second?.p95_ms, second?.p99_ms]) {
      expect(p).toBeGreaterThan(4_000);
      expect(p).toBeLessThanOrEqual(5_800);
    }
  });

  it("of a day are those of all of its hours, from midnight of UTC", () => {
    const days = latenciesOverTime(
      new Map([
        [24, cellOf(100)],
        [47, cellOf(100, 100)],
        [48, cellOf(100)],
      ]),
      "day",
    );
    expect(days.map(({ at, executions }) => [at / 86_400_000, executions])).toEqual([
      [1, 3],
      [2, 1],
    ]);
  });

  it("are null where nobody waited", () => {
    const [only] = latenciesOverTime(new Map([[1, { ...noCell(), executions: 3 }]]), "hour");
    expect(only).toMatchObject({ executions: 3, p50_ms: null, p99_ms: null });
  });
});

describe("compliance", () => {
  it("leaves out what callers caused, and tells the provider's part apart", () => {
    const cell = { ...noCell(), executions: 110, errors: 14, caller_errors: 10, provider_errors: 3 };
    const { measured, without_provider } = complianceOf(cell, objective);
    expect(measured.availability).toBeCloseTo(0.96);
    expect(measured.availability_burn).toBeCloseTo(4);
    expect(without_provider.availability).toBeCloseTo(0.99);
    expect(without_provider.availability_burn).toBeCloseTo(1);
  });

  it("is not known of no execution", () => {
    const none = { availability: null, within_latency: null, latency_ms: null };
    expect(complianceOf(noCell(), objective)).toMatchObject({ executions: 0, measured: none, without_provider: none });
  });

  it("has the slow share, and of it what was our own", () => {
    const cell = { ...noCell(), executions: 100 };
    cell.latencies.set(bucketOfLatency(200), 80).set(bucketOfLatency(9_000), 20);
    cell.own.set(bucketOfLatency(3_000), 5);
    const { measured, without_provider } = complianceOf(cell, objective);
    expect(measured.within_latency).toBeCloseTo(0.8);
    expect(measured.latency_burn).toBeCloseTo(2);
    expect(measured.latency_ms).toBeGreaterThan(5_000);
    expect(without_provider.within_latency).toBeCloseTo(0.95);
    expect(without_provider.latency_ms).toBe(0);
  });

  it("tells a share within three hundredths, for latencies as they are", () => {
    const draws = createDraws(2);
    const times = Array.from({ length: 5_000 }, () => 900 * Math.exp(0.5 * draws.normal()));
    const latencies = new Map<number, number>();
    for (const ms of times) latencies.set(bucketOfLatency(ms), (latencies.get(bucketOfLatency(ms)) ?? 0) + 1);
    const errors = Array.from({ length: 371 }, (_, at) => {
      const ms = 300 + 10 * at;
      const share = times.filter((time) => time > ms).length / times.length;
      return Math.abs(countAbove(latencies, ms) / times.length - share);
    });
    expect(Math.max(...errors)).toBeLessThan(0.03);
  });

  it("is of the hours that are asked for", () => {
    const cells = new Map([1, 2, 3].map((hour) => [hour, { ...noCell(), executions: hour }]));
    expect(sumHours(cells, { from: 2, to: 3 }).executions).toBe(2);
  });
});

describe("satisfaction", () => {
  it("has Wilson's interval, which contains the mean and shrinks with more ratings", () => {
    const { low, high } = intervalOf(0.9, 100);
    expect(low).toBeCloseTo(0.8256, 3);
    expect(high).toBeCloseTo(0.9448, 3);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 500 }), (mean, count) => {
        const some = intervalOf(mean, count);
        const more = intervalOf(mean, 4 * count);
        expect(some.low).toBeLessThanOrEqual(mean + 1e-9);
        expect(some.high).toBeGreaterThanOrEqual(mean - 1e-9);
        expect(more.high - more.low).toBeLessThan(some.high - some.low);
      }),
    );
  });

  it("is told by version, the newest first", () => {
    const of = { hour: 1, model: "m", squares: 0 };
    const ratings = [
      { ...of, version: 1, count: 2, sum: 1 },
      { ...of, version: 2, count: 1, sum: 1 },
      { ...of, hour: 2, version: 1, count: 2, sum: 2 },
    ];
    expect(satisfactionOf(ratings)).toMatchObject([
      { version: 2, ratings: 1, score: 1 },
      { version: 1, ratings: 4, score: 0.75 },
    ]);
  });
});
