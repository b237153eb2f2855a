import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unitAt } from "../../../load/harness/random.ts";
import { passHatK, wilsonInterval } from "../../../src/domain/tests/statistics.ts";
import { summarizeRun, type TestPlan, type TrialResult } from "../../../src/domain/tests/test-run.ts";

const RUNS = 1_000;

function plan(cases: number, repeat: number): TestPlan {
  return {
    prompt: { name: "p", version: 1 },
    cases: Array.from({ length: cases }, (_, at) => ({ name: `t${at}`, variables: {}, assertions: [], weight: 1 })),
    models: [null],
    repeat,
    concurrency: 1,
    execution_ids: Array.from({ length: cases * repeat }, (_, at) => `exe_${at}`),
  };
}

function result(position: number, passed: boolean): TrialResult {
  const facts = { output: null, execution_id: null, error: null, cost_nanousd: 5, latency_ms: 10 };
  return { position, passed, score: passed ? 1 : 0, checks: [], ...facts };
}

describe("a run of a model that is right with probability p", () => {
  it.each([
    [0.5, 10, 4],
    [0.7, 10, 5],
    [0.8, 1, 20],
    [0.9, 20, 5],
    [0.95, 1, 20],
    [0.99, 10, 10],
  ])(
    "p = %s, %s tests, each %s times: the interval covers p in 950 of 1,000 runs, and p^k as well",
    (p, cases, repeat) => {
      const asked = plan(cases, repeat);
      let covered = 0;
      const means = Array.from({ length: repeat }, () => 0);
      for (let run = 0; run < RUNS; run++) {
        const results = asked.execution_ids.map((_, position) => result(position, unitAt(17 + run, position) < p));
        const { interval, pass_hat_k } = summarizeRun(asked, results);
        const [low, high] = interval;
        if (low <= p && p <= high) covered += 1;
        pass_hat_k.forEach((estimate, at) => (means[at] = (means[at] ?? 0) + estimate / RUNS));
      }
      // The interval of pass^k is that of the rate, to the k-th power: it covers p^k when that one does.
      expect(covered / RUNS).toBeGreaterThanOrEqual(0.95);
      // Without bias: a mean of 1,000 estimates, each with a deviation of at most a half, is within 0.05.
      means.forEach((mean, at) => expect(Math.abs(mean - p ** (at + 1))).toBeLessThan(0.05));
    },
  );
});

describe("the interval of a rate", () => {
  it("is that of Newcombe's table for 81 of 263, 15 of 148, 0 of 20 and 1 of 29", () => {
    const rounded = (passed: number, total: number) => wilsonInterval(passed, total).map((x) => Number(x.toFixed(4)));
    expect(rounded(81, 263)).toEqual([0.2535, 0.3682]);
    expect(rounded(15, 148)).toEqual([0.0598, 0.1644]);
    expect(rounded(0, 20)).toEqual([0, 0.2005]);
    expect(rounded(1, 29)).toEqual([0.0018, 0.1963]);
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });

  it("holds the rate that was seen, within [0, 1], and mirrors that of the failures", () => {
    const counts = fc.nat(200).chain((total) => fc.tuple(fc.nat(total), fc.constant(total)));
    fc.assert(
      fc.property(counts, ([passed, total]) => {
        const [low, high] = wilsonInterval(passed, total);
        const seen = total === 0 ? 0.5 : passed / total;
        expect(low >= 0 && low <= seen && seen <= high && high <= 1).toBe(true);
        const [other] = wilsonInterval(total - passed, total);
        expect(1 - other).toBeCloseTo(high, 9);
      }),
      { seed: 1 },
    );
  });
});

describe("pass^k", () => {
  it("is the share of the choices of k trials that all passed", () => {
    expect(passHatK(3, 5, 1)).toBeCloseTo(3 / 5, 12);
    expect(passHatK(3, 5, 2)).toBeCloseTo(3 / 10, 12);
    expect([passHatK(3, 5, 4), passHatK(5, 5, 5)]).toEqual([0, 1]);
  });
});

describe("the summary of a run", () => {
  it("counts tests that passed, failed and did both, and shows the first trial that failed", () => {
    const asked = { ...plan(3, 2), models: [null, "b"] };
    const passes = [true, true, false, true, false, false, true];
    const summary = summarizeRun(
      asked,
      passes.map((passed, position) => result(position, passed)),
    );
    expect(summary).toMatchObject({ total: 6, passed: 2, failed: 2, flaky: 1, cost_nanousd: 35, score: 0.625 });
    expect(summary.pass_rate).toBeCloseTo(4 / 7, 12);
    expect(summary.pass_hat_k).toEqual([expect.closeTo(0.5, 12), expect.closeTo(1 / 3, 12)]);
    expect(summary.outcomes.map(({ test, model, repeats, shown }) => [test, model, repeats, shown.position])).toEqual([
      ["t0", null, 2, 0],
      ["t0", "b", 2, 2],
      ["t1", null, 2, 4],
      ["t1", "b", 1, 6],
    ]);
  });

  it("knows no cost where a price is unknown, and no rate before the first trial", () => {
    const unknown = { ...result(0, true), cost_nanousd: null };
    expect(summarizeRun(plan(1, 1), [unknown]).cost_nanousd).toBeNull();
    expect(summarizeRun(plan(1, 1), [])).toMatchObject({ pass_rate: null, score: null, pass_hat_k: [], outcomes: [] });
  });
});
