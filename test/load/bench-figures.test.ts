import { describe, expect, it } from "vitest";
import { compareBench } from "../../load/bench/gateways/compare.ts";
import { figuresOf, figureSpread } from "../../load/bench/gateways/figures.ts";
import type { CellResult, Slice } from "../../load/bench/gateways/measure.ts";
import { printBench } from "../../load/bench/gateways/print.ts";
import type { BenchResult } from "../../load/bench/gateways/result.ts";
import { digits, percentile, ranged, ratio, spread } from "../../load/harness/numbers.ts";
import { usageOf } from "../../scripts/process-usage.ts";

const slice = (rps: number, p50: number, cpu: number | null = null): Slice => ({
  requests: 100,
  failed: 0,
  failure: null,
  rps,
  p50_ms: p50,
  p99_ms: null,
  ttft_p50_ms: null,
  ttft_p99_ms: null,
  cpu_ms: cpu,
});

const CELL: CellResult = {
  cell: { form: "whole", delay_ms: 0, connections: 32 },
  rounds: [
    { direct: slice(100, 1), "bare proxy": slice(50, 2, 1), "pbt-edge": slice(25, 5, 3) },
    { direct: slice(100, 1), "bare proxy": slice(40, 3, 1), "pbt-edge": slice(10, 7, 2) },
    { direct: slice(100, 1), "bare proxy": slice(50, 1.001, 1), "pbt-edge": slice(50, 5, 4) },
  ],
};

const bench = (cells: CellResult[], commit: string): BenchResult => ({
  format: 1,
  at: "2026-01-01T00:00:00Z",
  machine: { commit, platform: "linux", cpu: "cpu", cores: 2, memory_gib: 4, node: "v24", workerd: "1" },
  plan: { cells: [CELL.cell], rounds: 3, slice_ms: 1000 },
  targets: ["direct", "bare proxy", "pbt-edge"].map((name) => ({ name, version: "1", peak_rss_bytes: null })),
  missing: [{ name: "bifrost", error: "not to be had" }],
  cells,
});

describe("figures of the gateways bench", () => {
  const [rps, p50, , cpu] = figuresOf("whole");
  if (!rps || !p50 || !cpu) throw new Error("figures are missing");

  it("have a ratio for each round, and the spread of the ratios over the rounds", () => {
    expect(figureSpread(CELL, "pbt-edge", rps).ratio).toEqual({ min: 0.25, median: 0.5, max: 1 });
    expect(figureSpread(CELL, "pbt-edge", cpu).ratio).toEqual({ min: 2, median: 3, max: 4 });
  });

  it("show the latency added to the provider alone, and never divide by a latency that is too small to measure", () => {
    const added = figureSpread(CELL, "pbt-edge", p50);
    expect(added.value).toEqual({ min: 4, median: 4, max: 6 });
    expect(added.ratio).toEqual({ min: 3, median: 3.5, max: 4 });
  });

  it("print a dash where nothing was measured, and name the missing peers", () => {
    const text = printBench(bench([CELL], "abc"));
    expect(text).toContain("not measured: bifrost: not to be had");
    expect(text).toMatch(/direct +100 +2\.00 \(2\.00–2\.50\)/);
  });

  it("compare two results: overlapping ranges are noise, others are better or worse", () => {
    const faster = { ...CELL, rounds: CELL.rounds.map((round) => ({ ...round, "pbt-edge": slice(500, 5, 3) })) };
    const text = compareBench(bench([CELL], "old"), bench([faster], "new"));
    expect(text).toContain("old → new");
    expect(text.split("\n").find((line) => / rps /.test(line))).toMatch(/better$/);
    expect(text.split("\n").find((line) => / CPU ms /.test(line))).toMatch(/within noise$/);
  });
});

describe("numbers", () => {
  it("leave out values that were not measured", () => {
    expect(spread([3, null, 1, 2, 10])).toEqual({ min: 1, median: 2.5, max: 10 });
    expect(spread([null])).toBeNull();
    expect(ratio(1, 0)).toBeNull();
    expect(percentile([5, 1, 3, 2, 4], 50)).toBe(3);
    expect([digits(123.4), digits(12.34), digits(1.234), digits(null), ranged(null)]).toEqual([
      "123",
      "12.3",
      "1.23",
      "–",
      "–",
    ]);
  });

  it.runIf(process.platform === "linux")("include the CPU and memory of a process, read from /proc", () => {
    const usage = usageOf(process.pid);
    expect(usage?.cpuMs).toBeGreaterThan(0);
    expect(usage?.rssBytes).toBeGreaterThan(2 ** 20);
    expect(usage?.peakRssBytes).toBeGreaterThanOrEqual(usage?.rssBytes ?? Infinity);
  });
});
