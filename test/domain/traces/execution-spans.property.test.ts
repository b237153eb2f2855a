import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import type { CachedFrom } from "../../../src/domain/executions/execution.ts";
import { executionSpans } from "../../../src/domain/traces/execution-spans.ts";
import { ARRIVAL, attemptAt, timingsOf, traced } from "../../support/traced.ts";

const SEED = 20_261_126;
const RUNS = 2_000;

const ms = fc.integer({ min: 0, max: 5_000 });
const phase = fc.option(fc.tuple(ms, ms), { nil: undefined });
/** Attempts at any times, even such as no clock gives: clocks of a phase and of a call may differ. */
const attempt = fc.tuple(ms, ms, fc.boolean(), fc.boolean()).map(([at, length, fails, hasEnded]) =>
  attemptAt(at, length, {
    ...(fails && { error: new AppError("timeout", "late"), outcome: "late" as const, usage: null }),
    ...(!hasEnded && { ended_at: null }),
  }),
);
const execution = fc.record({
  phases: fc.record({ load: phase, render: phase, cache: phase, admit: phase, llm: phase }),
  attempts: fc.array(attempt, { maxLength: 6 }),
  latency: ms,
  cached: fc.constantFrom<(CachedFrom | null)[]>(null, "memory", "flight"),
  content: fc.boolean(),
  earlierNames: fc.boolean(),
});

describe("the spans of any execution", () => {
  it("have parents that exist, ids of their own, and times within their parents'", () => {
    fc.assert(
      fc.property(execution, ({ phases, attempts, latency, cached, ...options }) => {
        const had = Object.entries(phases).flatMap(([name, times]) => (times ? [[name, times] as const] : []));
        const timings = timingsOf(Object.fromEntries(had));
        const record = { created_at: ARRIVAL + 10, latency_ms: latency, cached };
        const spans = executionSpans(traced({ attempts, timings, record }), { ...options, endpoints: {} });
        const byId = new Map(spans.map((span) => [span.span_id, span]));
        expect(byId.size).toBe(spans.length);
        for (const span of spans.slice(1)) {
          const parent = byId.get(span.parent_id ?? "");
          expect(parent?.trace_id).toBe(span.trace_id);
          expect(span.start).toBeGreaterThanOrEqual(parent?.start ?? Infinity);
          expect(span.end).toBeGreaterThanOrEqual(span.start);
          expect(span.end).toBeLessThanOrEqual(parent?.end ?? -Infinity);
        }
        expect(spans.filter(({ name }) => name === "llm_call")).toHaveLength(attempts.length);
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
