import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toDeploymentDelta } from "../../../src/domain/metrics/deployment-delta.ts";
import { PLACES } from "../../../src/domain/metrics/families.ts";
import {
  addToHistogram,
  boundsFrom,
  countIn,
  HISTOGRAM_WIDTH,
  quantileIn,
} from "../../../src/domain/metrics/histogram.ts";
import { MAX_ROWS, type MetricsDelta, MetricCounts, valuesIn } from "../../../src/domain/metrics/metric-counts.ts";

const RUNS = { seed: 18, numRuns: 300 };
const ms = fc.double({ min: 0, max: 1e6, noNaN: true });

/** The counts of some scores and calls. */
function counted(scores: readonly number[], calls: readonly number[]): MetricCounts {
  const counts = new MetricCounts();
  for (const score of scores) {
    const row = counts.of("feedback", []);
    row.add("scores");
    row.add("score", score);
  }
  for (const call of calls) counts.of("backends", ["LEDGER", "answered"]).addMs("duration", call);
  return counts;
}

/** A merged row may be longer by zeros than one that was counted at once. */
function withoutZeros(delta: MetricsDelta): MetricsDelta {
  const trimmed = (row: number[]) => row.slice(0, row.findLastIndex((number) => number !== 0) + 1);
  return Object.fromEntries(
    Object.entries(delta).map(([family, rows]) => [
      family,
      Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, trimmed(row)])),
    ]),
  );
}

describe("a histogram", () => {
  it("puts each value into the first bucket whose bound is not below it", () => {
    fc.assert(
      fc.property(ms, fc.constantFrom(0.5, 1, 10), (value, first) => {
        const row: number[] = [];
        addToHistogram(row, 0, first, value);
        const bucket = boundsFrom(first).findIndex((bound) => value <= bound);
        expect(row[1 + (bucket === -1 ? HISTOGRAM_WIDTH - 2 : bucket)]).toBe(1);
        expect([countIn(row, 0), row[0]]).toEqual([1, value]);
      }),
      RUNS,
    );
  });

  it("has its bounds in their own buckets, and those of gen_ai: 0.01 to 81.92 s", () => {
    for (const [index, bound] of boundsFrom(10).entries()) {
      const row: number[] = [];
      addToHistogram(row, 0, 10, bound);
      expect(row[1 + index]).toBe(1);
    }
    expect(
      boundsFrom(10)
        .map((bound) => bound / 1000)
        .filter((_, index) => index % 13 === 0),
    ).toEqual([0.01, 81.92]);
  });

  it("tells a quantile to within a factor of two", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 11, max: 80_000, noNaN: true }), { minLength: 1 }), (values) => {
        const row: number[] = [];
        for (const value of values) addToHistogram(row, 0, 10, value);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(values.length * 0.95) - 1] ?? 0;
        const told = quantileIn(row, 0, 10, 0.95) ?? 0;
        expect(told).toBeGreaterThanOrEqual(exact / 2);
        expect(told).toBeLessThanOrEqual(exact * 2);
      }),
      RUNS,
    );
    expect(quantileIn([], 0, 10, 0.5)).toBeNull();
  });
});

describe("counts", () => {
  it("are the same whether they are counted in one place or in several and merged", () => {
    const scores = fc.array(fc.integer({ min: 0, max: 1 }));
    const calls = fc.array(fc.integer({ min: 0, max: 100_000 }));
    fc.assert(
      fc.property(scores, scores, calls, calls, (a, b, c, d) => {
        const merged = new MetricCounts();
        for (const part of [counted(a, c), counted(b, d)]) merged.merge(part.take());
        expect(withoutZeros(merged.read())).toEqual(withoutZeros(counted([...a, ...b], [...c, ...d]).read()));
      }),
      RUNS,
    );
  });

  it("begin anew once they are taken", () => {
    const counts = counted([1], []);
    expect(counts.take()).toEqual({ feedback: { "[]": [1, 1] } });
    expect([counts.isEmpty, counts.read()]).toEqual([true, {}]);
  });

  it("count what is beyond the most rows under `other`, and lose nothing", () => {
    const counts = new MetricCounts();
    const all = MAX_ROWS * 3;
    for (let n = 0; n < all; n++) counts.of("attempts", ["openai", `model-${n}`, "answered"]).add("attempts");
    const rows = Object.entries(counts.read()["attempts"] ?? {});
    expect(rows.length).toBe(MAX_ROWS + 1);
    expect(rows.reduce((sum, [, row]) => sum + (row[0] ?? 0), 0)).toBe(all);
    expect(valuesIn(rows.at(-1)?.[0] ?? "")).toEqual(["other", "other", "answered"]);
  });

  it("understand longer rows and families of a newer version", () => {
    const counts = new MetricCounts();
    counts.merge({ feedback: { "[]": [1, 0.5, 7] }, newer: { '["x"]': [3] } });
    counts.of("feedback", []).add("scores");
    expect(counts.read()).toEqual({ feedback: { "[]": [2, 0.5, 7] }, newer: { '["x"]': [3] } });
  });

  it("of a tenant lose the names that it chose before they are added to the deployment's", () => {
    const counts = new MetricCounts();
    for (const prompt of ["secret/one", "secret/two"]) {
      counts.of("executions", [prompt, "gpt-4o-mini", "high", "succeeded", "call"]).add("executions");
    }
    counts.of("attempts", ["my-upstream", "my-model", "answered"]).add("attempts");
    counts.of("attempts", ["openai", "gpt-4o-mini", "answered"]).add("attempts");
    const { executions = {}, attempts = {} } = toDeploymentDelta(counts.read());
    expect(executions).toEqual({ '["","gpt-4o-mini","high","succeeded","call"]': [2] });
    expect(Object.keys(attempts)).toEqual(['["upstream","other","answered"]', '["openai","gpt-4o-mini","answered"]']);
  });

  it("have no model without a list price in the deployment, so that no tenant takes the rows of others", () => {
    const ofTenant = new MetricCounts();
    for (let n = 0; n < MAX_ROWS; n++) {
      ofTenant.of("executions", ["p", `secret-${n}`, "standard", "succeeded", "call"]).add("executions");
      ofTenant.of("attempts", ["openai", `ft:gpt-4o:secret:${n}`, "rejected"]).add("attempts");
    }
    const ofDeployment = new MetricCounts();
    ofDeployment.merge(toDeploymentDelta(ofTenant.read()));
    ofDeployment.of("executions", ["", "gpt-4o-mini", "standard", "succeeded", "call"]).add("executions");
    expect(ofDeployment.read()["executions"]).toEqual({
      '["","other","standard","succeeded","call"]': [MAX_ROWS],
      '["","gpt-4o-mini","standard","succeeded","call"]': [1],
    });
    expect(Object.keys(ofDeployment.read()["attempts"] ?? {})).toEqual(['["openai","other","rejected"]']);
  });

  it("keep the places of slots: rows of other versions are added number by number", () => {
    expect(PLACES.executions).toMatchObject({ executions: { at: 0 }, duration: { at: 4 }, first_token: { at: 52 } });
    expect(PLACES.attempts).toMatchObject({ reasoning: { at: 5 }, first_chunk: { at: 22 } });
    expect([PLACES.requests.duration.at, PLACES.backends.duration.at, PLACES.feedback.score.at]).toEqual([1, 1, 1]);
  });
});
