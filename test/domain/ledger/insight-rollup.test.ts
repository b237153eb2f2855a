import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Execution } from "../../../src/domain/executions/execution.ts";
import { bucketOfLatency, countOf, endOfBucket } from "../../../src/domain/ledger/insight-cell.ts";
import { InsightRollup, insightOf, OTHER_PROMPTS, readInsights } from "../../../src/domain/ledger/insight-rollup.ts";
import { recorded } from "../../support/recorded.ts";

/** What is counted of an execution. */
function countedOf(execution: Execution) {
  const { prompt_name: prompt, model, cost_nanousd } = execution;
  const insight = insightOf(execution);
  if (!insight) throw new Error("an execution that ended is counted");
  return { prompt, model, cost_nanousd: cost_nanousd ?? 0, insight };
}

function rollupOf(executions: readonly Execution[]): InsightRollup {
  const rollup = new InsightRollup();
  for (const execution of executions) rollup.apply(countedOf(execution), 1);
  return rollup;
}

const linesOf = (rollup: InsightRollup) => rollup.pack().flatMap((text) => [...readInsights(text)]);
const failed = (code: string) =>
  recorded({ status: "failed", error: { code, detail: "" } as NonNullable<Execution["error"]> });

describe("what insights count of an execution", () => {
  it.each([
    ["provider_error", "provider"],
    ["timeout", "provider"],
    ["rate_limit_error", "provider"],
    ["validation_error", "caller"],
    ["budget_exceeded", "caller"],
    ["internal_error", "own"],
  ])("blames %s on the %s", (code, fault) => {
    expect(insightOf(failed(code))?.fault).toBe(fault);
  });

  it("is nothing where it is not known how it ended", () => {
    expect(insightOf(recorded({ status: "unknown" }))).toBeUndefined();
  });

  it("has no latency in the batch lane, where nobody waits", () => {
    expect(insightOf(recorded({ lane: "batch", latency_ms: 9 }))).toEqual({});
  });

  it("tells its own time from that of its calls, of which older records say nothing", () => {
    expect(insightOf(recorded({ latency_ms: 900, provider_ms: 700, attempts: 1 }))?.own_ms).toBe(200);
    expect(insightOf(recorded({ latency_ms: 900, attempts: 1 }))?.own_ms).toBe(0);
    expect(insightOf(recorded({ latency_ms: 900, attempts: 0, cached: "flight" }))?.own_ms).toBe(0);
  });
});

describe("the insights of an hour", () => {
  it("put every latency into the bucket that contains it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 360_000 }), (ms) => {
        const bucket = bucketOfLatency(ms);
        expect(ms).toBeLessThanOrEqual(endOfBucket(bucket) + 1e-6);
        expect(ms).toBeGreaterThan(endOfBucket(bucket - 1) - 1e-6);
      }),
    );
  });

  it("read back what they stored", () => {
    const rollup = rollupOf([
      recorded({ prompt_name: "a", latency_ms: 900, provider_ms: 100, attempts: 1, cost_nanousd: 5 }),
      failed("timeout"),
    ]);
    expect(linesOf(rollup).toSorted((a, b) => (a.prompt < b.prompt ? -1 : 1))).toEqual(
      [...rollup.lines()].toSorted((a, b) => (a.prompt < b.prompt ? -1 : 1)),
    );
  });

  it("are empty again when all that was added is taken out, stored in between or not", () => {
    const executions = [recorded({ latency_ms: 5 }), failed("timeout")];
    const rollup = new InsightRollup();
    for (const text of rollupOf(executions).pack()) rollup.addPacked(text);
    for (const execution of executions) rollup.apply(countedOf(execution), -1);
    expect([...rollup.lines()]).toEqual([]);
    expect(rollup.pack()).toEqual([]);
  });

  it("keep the prompts with the most executions, and the others together", () => {
    const names = Array.from({ length: 300 }, (_, at) => `p${at}`);
    const executions = [...names, "p299"].map((prompt_name) => recorded({ prompt_name, latency_ms: 3 }));
    const lines = linesOf(rollupOf(executions));
    expect(lines).toHaveLength(201);
    expect(lines[0]).toMatchObject({ prompt: "p299", cell: { executions: 2 } });
    expect(lines.at(-1)).toMatchObject({ prompt: OTHER_PROMPTS, cell: { executions: 100 } });
    expect(lines.reduce((sum, { cell }) => sum + countOf(cell.latencies), 0)).toBe(301);
  });

  it("take out of the others what was stored among them", () => {
    const executions = Array.from({ length: 201 }, (_, at) => recorded({ prompt_name: `p${at}` }));
    const rollup = new InsightRollup();
    for (const text of rollupOf(executions).pack()) rollup.addPacked(text);
    for (const execution of executions) rollup.apply(countedOf(execution), -1);
    expect([...rollup.lines()]).toEqual([]);
  });
});
