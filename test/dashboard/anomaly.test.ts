import { describe, expect, it } from "vitest";
import { alignedLatencies } from "../../src/dashboard/pages/overview/latency-series.ts";
import { traceHref, traceLinkFault } from "../../src/dashboard/pages/executions/trace-link.ts";
import { anomaliesIn, type ShownAnomaly, anomalyHref, anomalyText } from "../../src/dashboard/ui/anomaly.ts";

function anomaly(change: Partial<ShownAnomaly> = {}): ShownAnomaly {
  const worst = { at: "2026-03-02T10:00:00.000Z", observed: 0.5, expected: 0, low: 0, high: 0.1 };
  return {
    subject: { kind: "prompt", name: "support/triage" },
    metric: "errors",
    direction: "up",
    severity: "critical",
    since: "2026-03-02T10:00:00.000Z",
    until: null,
    found_at: "2026-03-02T11:00:00.000Z",
    worst,
    ...change,
  };
}

describe("an anomaly", () => {
  it("leads to the failed executions of its subject, from its beginning on", () => {
    const query = new URL(anomalyHref(anomaly()), "http://page").searchParams;
    expect(Object.fromEntries(query)).toEqual({
      prompt: "support/triage",
      status: "failed",
      since: "2026-03-02T10:00:00.000Z",
    });
  });

  it("of another metric leads to all executions of its time", () => {
    const subject = { kind: "model" as const, name: "gpt-4o" };
    const href = anomalyHref(anomaly({ metric: "rate", subject, until: "2026-03-02T12:00:00.000Z" }));
    const query = new URL(href, "http://page").searchParams;
    expect([query.get("model"), query.get("status"), query.get("until")]).toEqual([
      "gpt-4o",
      null,
      "2026-03-02T12:00:00.000Z",
    ]);
  });

  it("is told in words", () => {
    expect(anomalyText(anomaly())).toBe("error rate of support/triage up");
  });

  it("is shown in times that it touches, and one that lasts comes first", () => {
    const over = anomaly({ metric: "rate", since: "2026-03-02T20:00:00.000Z", until: "2026-03-02T22:00:00.000Z" });
    const range = { from: "2026-03-02T00:00:00.000Z", to: "2026-03-03T00:00:00.000Z" };
    expect(anomaliesIn([over, anomaly()], range).map(({ metric }) => metric)).toEqual(["errors", "rate"]);
    const later = { from: "2026-03-02T22:00:00.000Z", to: "2026-03-03T00:00:00.000Z" };
    expect(anomaliesIn([over, anomaly()], later).map(({ metric }) => metric)).toEqual(["errors"]);
    const earlier = { from: "2026-03-01T00:00:00.000Z", to: "2026-03-02T00:00:00.000Z" };
    expect(anomaliesIn([over, anomaly()], earlier)).toEqual([]);
  });
});

describe("latencies of a plot", () => {
  it("stand at their times, and are unknown where nothing was executed", () => {
    const at = "2026-03-02T10:00:00.000Z";
    const rows = [{ at, executions: 3, p50_ms: 100, p95_ms: 200, p99_ms: null }];
    const { p50, p95, p99 } = alignedLatencies(rows, [Date.parse(at) - 3_600_000, Date.parse(at)]);
    expect([p50, p95, p99]).toEqual([
      [null, 100],
      [null, 200],
      [null, null],
    ]);
  });
});

describe("the address of a trace", () => {
  it("has the trace's id in place of its mark", () => {
    expect(traceHref("https://tempo.example.com/trace/{trace_id}?x={trace_id}", "ab12")).toBe(
      "https://tempo.example.com/trace/ab12?x=ab12",
    );
  });

  it.each(["https://tempo.example.com/", "javascript:alert('{trace_id}')", "{trace_id}", ""])(
    "is not %j",
    (template) => {
      expect(traceLinkFault(template)).toBeDefined();
      expect(traceHref(template, "ab12")).toBeNull();
    },
  );
});
