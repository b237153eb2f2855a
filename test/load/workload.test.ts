import { describe, expect, it } from "vitest";
import { unitAt } from "../../load/harness/random.ts";
import { MATRIX, matrixThresholds, timelineThresholds } from "../../load/k6/lib/thresholds.ts";
import { COMPLEXITIES, jobAt, REPEATED_SHARE } from "../../load/k6/lib/workload.ts";

const RUN = { id: "run", seed: 7 };
const MANY = 4_000;

describe("the workload", () => {
  const jobs = Array.from({ length: MANY }, (_, n) => jobAt(RUN, "moderate", n));

  it("repeats an earlier request word for word in 30 % of the requests", () => {
    const seen = new Set<string>();
    for (const { repeated, ...request } of jobs) {
      const text = JSON.stringify(request);
      expect(seen.has(text)).toBe(repeated);
      seen.add(text);
    }
    const share = jobs.filter(({ repeated }) => repeated).length / MANY;
    expect(Math.abs(share - REPEATED_SHARE)).toBeLessThan(0.03);
  });

  it("uses both providers, streamed and not, about equally often", () => {
    const counts = new Map<string, number>();
    for (const { model, stream } of jobs) counts.set(`${model} ${stream}`, (counts.get(`${model} ${stream}`) ?? 0) + 1);
    expect(counts.size).toBe(4);
    for (const count of counts.values()) expect(Math.abs(count / MANY - 0.25)).toBeLessThan(0.06);
  });

  it("only depends on the run, and shares no input with another run or prompt", () => {
    expect(jobAt(RUN, "complex", 17)).toEqual(jobAt(RUN, "complex", 17));
    const inputs = COMPLEXITIES.map((complexity) => JSON.stringify(jobAt(RUN, complexity, 3).variables));
    const other = JSON.stringify(jobAt({ ...RUN, id: "other" }, "simple", 3).variables);
    expect(new Set([...inputs, other]).size).toBe(4);
  });

  it("uses random numbers that are evenly distributed in [0, 1)", () => {
    const draws = Array.from({ length: MANY }, (_, n) => unitAt(2, n + 1));
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(Math.abs(draws.reduce((sum, draw) => sum + draw, 0) / MANY - 0.5)).toBeLessThan(0.02);
  });
});

describe("thresholds", () => {
  it("cover every cell of the matrix, with the source's figures where it has any", () => {
    const thresholds = matrixThresholds(10);
    expect(MATRIX).toHaveLength(12);
    for (const { name } of MATRIX) {
      expect(thresholds[`checks{cell:${name}}`]).toEqual(["rate>0.99"]);
      expect(thresholds[`http_req_duration{cell:${name}}`]).toBeDefined();
    }
    expect(thresholds["http_req_duration{cell:simple_10}"]).toEqual(["p(50)<220", "p(99)<500"]);
    expect(thresholds["http_reqs{cell:simple_10}"]).toEqual(["count>450"]);
    expect(thresholds["http_req_duration{cell:moderate_10}"]).toEqual(["p(99)<30000"]);
  });

  it("cover every phase and slot of a timeline", () => {
    expect(Object.keys(timelineThresholds(["before"], 2))).toEqual([
      "checks",
      "http_req_duration{phase:before}",
      "http_req_duration{slot:00}",
      "http_req_duration{slot:01}",
    ]);
  });
});
