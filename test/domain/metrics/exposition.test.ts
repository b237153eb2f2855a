import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COUNTED, LABEL_OF, MEASURED } from "../../../src/domain/metrics/catalogue.ts";
import { exposeMetrics } from "../../../src/domain/metrics/exposition.ts";
import { FAMILIES } from "../../../src/domain/metrics/families.ts";
import { MetricCounts } from "../../../src/domain/metrics/metric-counts.ts";

const RUNS = { seed: 18, numRuns: 200 };

/** The samples of a text: the name with its labels, and the value. */
function samplesOf(text: string): [name: string, value: number][] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  });
}

describe("the text for Prometheus", () => {
  it("adds up the rows that a metric does not tell apart", () => {
    const counts = new MetricCounts();
    for (const [route, status, times] of [
      ["/a", "200", 3],
      ["/a", "500", 1],
      ["/b", "200", 2],
    ] as const) {
      const row = counts.of("requests", [route, "GET", status]);
      for (let n = 0; n < times; n++) {
        row.add("requests");
        row.addMs("duration", 2);
      }
    }
    const samples = new Map(samplesOf(exposeMetrics(counts.read(), [])));
    expect(samples.get('pbt_requests_total{route="/a",method="GET",status="500"}')).toBe(1);
    expect(samples.get('pbt_request_duration_seconds_count{route="/a"}')).toBe(4);
    expect(samples.get('pbt_request_duration_seconds_sum{route="/b"}')).toBe(0.004);
    expect(samples.get('pbt_request_duration_seconds_bucket{route="/a",le="0.001"}')).toBe(0);
    expect(samples.get('pbt_request_duration_seconds_bucket{route="/a",le="0.002"}')).toBe(4);
    expect(samples.get('pbt_request_duration_seconds_bucket{route="/a",le="+Inf"}')).toBe(4);
  });

  it("has buckets that never fall, of which the last has all, whatever was counted", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1 }), (times) => {
        const counts = new MetricCounts();
        for (const ms of times) counts.of("backends", ["LEDGER", "failed"]).addMs("duration", ms);
        const samples = samplesOf(exposeMetrics(counts.read(), []));
        const buckets = samples.filter(([name]) => name.includes("_bucket")).map(([, value]) => value);
        expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
        expect([buckets.length, buckets.at(-1)]).toEqual([15, times.length]);
      }),
      RUNS,
    );
  });

  it("keeps one line a sample, whatever a model is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (model) => {
        const counts = new MetricCounts();
        counts.of("attempts", ["openai", model, "answered"]).add("attempts");
        const [line = ""] = exposeMetrics(counts.read(), [])
          .split("\n")
          .filter((each) => each.startsWith("pbt_attempts"));
        expect(line).toMatch(/^pbt_attempts_total\{(?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)+\} 1$/);
      }),
      { ...RUNS, numRuns: 50 },
    );
  });

  it("has help and type once for each metric, before its samples, and nothing of metrics without any", () => {
    const text = exposeMetrics({}, [
      { metric: "sourceUp", labels: ["gates"], value: 1 },
      { metric: "sourceUp", labels: ["budgets"], value: 0 },
    ]);
    expect(text.split("\n")).toEqual([
      "# HELP pbt_scrape_source_up Whether a source of this answer replied in time",
      "# TYPE pbt_scrape_source_up gauge",
      'pbt_scrape_source_up{source="gates"} 1',
      'pbt_scrape_source_up{source="budgets"} 0',
      "",
    ]);
  });
});

describe("the catalogue", () => {
  const all = [...COUNTED, ...Object.values(MEASURED)];

  it("has no two metrics of one name, and names as Prometheus wants them", () => {
    const names = all.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type } of all) {
      expect(name).toMatch(/^(?:pbt|gen_ai)_[a-z_]+$/);
      expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    }
  });

  it("has histograms of seconds", () => {
    const histograms = all.filter(({ type }) => type === "histogram").map(({ name }) => name);
    expect(histograms.length).toBeGreaterThan(5);
    expect(histograms.filter((name) => !name.endsWith("_seconds"))).toEqual([]);
  });

  it("has labels that its families count by, and none that names a user, a key or an id", () => {
    for (const { name, family, labels } of COUNTED) {
      const known: readonly string[] = FAMILIES[family].labels;
      expect([name, labels.filter((label) => !known.includes(LABEL_OF[label] ?? label))]).toEqual([name, []]);
    }
    const labels = new Set(all.flatMap((metric) => metric.labels));
    expect([...labels].toSorted()).toEqual([
      "backend",
      "gen_ai_provider_name",
      "gen_ai_request_model",
      "lane",
      "method",
      "model",
      "outcome",
      "prompt",
      "provider",
      "queue",
      "route",
      "scope",
      "source",
      "state",
      "status",
      "window",
    ]);
  });
});
