import { describe, expect, it } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { readTimeline, toTimeline } from "../../../src/domain/executions/timeline.ts";
import type { TracedExecution } from "../../../src/domain/traces/execution-spans.ts";
import { ARRIVAL, attemptAt, timingsOf, traced } from "../../support/traced.ts";

type Change = Parameters<typeof traced>[0];

/** A timeline as it comes back out of a record. */
function told(change?: Change) {
  const ended: TracedExecution = traced(change);
  const record = JSON.stringify(toTimeline(ended));
  return readTimeline(JSON.parse(record) as ReturnType<typeof toTimeline>, ended.execution);
}

/** Each phase with its times after the execution's start. */
const drawn = (change?: Change) =>
  told(change).phases.map(({ name, start_ms, duration_ms }) => `${name} ${start_ms}–${start_ms + duration_ms}`);

describe("the timeline of an execution", () => {
  it("counts from the execution's start, so that what came before it is negative", () => {
    expect(drawn()).toEqual([
      "auth -10–-5",
      "load 0–5",
      "render 5–10",
      "admit 10–11",
      "llm 12–182",
      "admission 12–30",
      "settle 180–190",
    ]);
  });

  it("keeps the id of the trace, and nothing of a trace that there is none of", () => {
    const trace_id = "0af7651916cd43dd8448eb211c80319c";
    expect(toTimeline({ ...traced(), trace_id }).t).toBe(trace_id);
    expect("t" in toTimeline(traced())).toBe(false);
  });

  it("has an attempt with the key's name and its cost, and nothing of what is not known", () => {
    const cost = { cost_nanousd: 2_500_000 } as never;
    const { attempts } = told({ attempts: [attemptAt(40, 150, { cost })] });
    expect(attempts).toEqual([
      {
        model: "gpt-6-luna",
        provider: "openai",
        key: "main",
        outcome: "answered",
        start_ms: 30,
        duration_ms: 150,
        cost_nanousd: 2_500_000,
      },
    ]);
  });

  it("has every attempt, with why one failed and when the first part of a stream came", () => {
    const error = new AppError("provider_overloaded", "secret words", { providerStatus: 529 });
    const lost = new AppError("timeout", "secret words");
    const { attempts } = told({
      attempts: [
        attemptAt(40, 50, { outcome: "failed", error }),
        attemptAt(95, 20, { outcome: "late", error: lost }),
        attemptAt(120, 70, { first_token_at: ARRIVAL + 160 }),
      ],
    });
    expect(attempts).toMatchObject([
      { outcome: "failed", start_ms: 30, duration_ms: 50, status: 529, error_code: "provider_overloaded" },
      { outcome: "late", start_ms: 85, duration_ms: 20, error_code: "timeout" },
      { outcome: "answered", start_ms: 110, duration_ms: 70, ttft_ms: 40 },
    ]);
    expect(attempts[1]).not.toHaveProperty("status");
    expect(attempts[2]).not.toHaveProperty("error_code");
    expect(JSON.stringify(attempts)).not.toContain("secret words");
  });

  it("has no end of an attempt that has none, and nothing after it", () => {
    const [attempt] = [attemptAt(40, 0, { ended_at: null, outcome: "streaming" })];
    const { attempts, phases } = told({ attempts: [attempt] });
    expect(attempts[0]).not.toHaveProperty("duration_ms");
    expect(phases.map(({ name }) => name)).not.toContain("settle");
  });

  it("has neither attempts nor an admission where a stored answer was found", () => {
    const timings = timingsOf({ load: [10, 5], render: [15, 5], cache: [20, 3] });
    const change = { attempts: [], timings, record: { cached: "edge" as const } };
    expect(drawn(change)).toEqual(["load 0–5", "render 5–10", "cache 10–13"]);
    expect(told(change).attempts).toEqual([]);
  });

  it("lets a follower of a flight wait for its leader, and not for an admission", () => {
    const timings = timingsOf({ load: [10, 5], cache: [20, 3], llm: [23, 100] });
    expect(drawn({ attempts: [], timings, record: { cached: "flight" } })).toEqual([
      "load 0–5",
      "cache 10–13",
      "llm 13–113",
    ]);
  });

  it("shows the wait of an execution that nobody had room for, until its end", () => {
    expect(drawn({ attempts: [], record: { status: "failed" } }).slice(-1)).toEqual(["admission 12–190"]);
  });

  it("begins with the rendering where there is no prompt to load, and has no phases without a request", () => {
    expect(drawn({ timings: timingsOf({ auth: [0, 5], render: [10, 1] }) }).slice(0, 2)).toEqual([
      "auth -10–-5",
      "render 0–1",
    ]);
    expect(drawn({ timings: timingsOf({}) })).toEqual(["settle 180–190"]);
  });

  it("takes little room in a record: an attempt and six phases are under 200 characters", () => {
    const phases = {
      auth: [0, 5],
      load: [10.4, 5.25],
      render: [15, 5],
      admit: [20, 1],
      cache: [21, 1],
      llm: [22, 170],
    };
    const text = JSON.stringify(toTimeline(traced({ timings: timingsOf(phases as never) })));
    expect(text.length).toBeLessThan(200);
    expect(text).not.toContain(".");
  });
});
