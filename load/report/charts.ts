import { COMPLEXITIES } from "../k6/lib/workload.ts";
import { type LoadResult, matrixRows, partsOf } from "../runner/result.ts";
import type { ScenarioResult } from "../runner/run-k6.ts";

/** The data of a plot: lines over one x axis. */
export interface Chart {
  title: string;
  unit: string;
  x_label: string;
  x: number[];
  /** Whether the x axis is logarithmic, with a mark at each point. */
  x_log: boolean;
  lines: { label: string; values: (number | null)[]; dashed: boolean }[];
}

const MIB = 2 ** 20;

/** All plots for which a result has data. */
export function chartsOf(result: LoadResult): Chart[] {
  return result.scenarios.flatMap((scenario) => {
    if (scenario.name === "matrix") return matrixCharts(scenario);
    const charts = [timeline(scenario), memory(scenario), streamTimes(scenario)];
    return charts.filter((chart) => chart !== null);
  });
}

function matrixCharts({ metrics, env }: ScenarioResult): Chart[] {
  const rows = matrixRows(metrics, Number(env["STEP_SECONDS"]));
  return COMPLEXITIES.flatMap((complexity) => {
    const own = rows.filter((row) => row.complexity === complexity);
    const line = (who: "ours" | "source", figure: "rps" | "p50" | "p99") => ({
      label: who === "ours" ? figure : `${figure}, source`,
      values: own.map((row) => row[who]?.[figure] ?? null),
      dashed: who === "source",
    });
    const hasData = ({ values }: Chart["lines"][number]) => values.some((value) => value !== null);
    const base = { x_label: "users", x: own.map(({ users }) => users), x_log: true };
    const latency = [line("ours", "p50"), line("ours", "p99"), line("source", "p50"), line("source", "p99")];
    const throughput = [line("ours", "rps"), line("source", "rps")];
    return [
      { ...base, title: `${complexity} prompts: latency`, unit: "ms", lines: latency.filter(hasData) },
      { ...base, title: `${complexity} prompts: throughput`, unit: "requests/s", lines: throughput.filter(hasData) },
    ];
  });
}

function timeline({ name, metrics }: ScenarioResult): Chart | null {
  const slots = partsOf(metrics, "http_req_duration", "slot");
  if (slots.length === 0) return null;
  const line = (label: string, stat: string) => ({
    label,
    values: slots.map(({ values }) => ((values["count"] ?? 0) > 0 ? (values[stat] ?? null) : null)),
    dashed: false,
  });
  const lines = [line("p50", "p(50)"), line("p99", "p(99)")];
  return {
    title: `${name}: latency over time`,
    unit: "ms",
    x_label: "slot",
    x: slots.map((_, at) => at),
    x_log: false,
    lines,
  };
}

function memory({ name, memory }: ScenarioResult): Chart | null {
  if (name !== "soak" || memory.length === 0) return null;
  return {
    title: "soak: memory of the serving processes",
    unit: "MiB",
    x_label: "second",
    x: memory.map(({ second }) => second),
    x_log: false,
    lines: [{ label: "resident", values: memory.map(({ bytes }) => bytes / MIB), dashed: false }],
  };
}

function streamTimes({ name, metrics }: ScenarioResult): Chart | null {
  if (name !== "stream") return null;
  const percentiles = [50, 95, 99];
  const lines = ["ttft", "chunk_gap", "chunk_jitter"].map((trend) => ({
    label: trend,
    values: percentiles.map((p) => metrics[trend]?.values[`p(${p})`] ?? null),
    dashed: false,
  }));
  return {
    title: "stream: first token, gaps, jitter",
    unit: "ms",
    x_label: "percentile",
    x: percentiles,
    x_log: false,
    lines,
  };
}
