import { digits, ratio } from "../harness/numbers.ts";
import { table } from "../harness/table.ts";
import type { CellFigures } from "../source-figures.ts";
import { type LoadResult, matrixRows, partsOf } from "./result.ts";
import type { ScenarioResult } from "./run-k6.ts";

const MIB = 2 ** 20;

/** The result as text: the matrix with the source's figures, then a table for each scenario. */
export function printLoad(result: LoadResult): string {
  const { machine, simulated_ms: simulated } = result;
  const provider =
    simulated === null
      ? "real providers"
      : `simulated provider: ${Object.entries(simulated)
          .map(([name, ms]) => `${name} ${ms} ms`)
          .join(", ")}`;
  return [
    `${result.target} at commit ${machine.commit ?? "?"}, ${machine.cores} × ${machine.cpu}; ${provider}`,
    ...result.scenarios.flatMap((scenario) => ["", `${scenario.name}:`, scenarioText(scenario)]),
    ...result.skipped.map(({ name, reason }) => `\n${name}: not run, ${reason}`),
    ...result.scenarios.flatMap(({ name, failed }) => failed.map((threshold) => `\nnot met in ${name}: ${threshold}`)),
  ].join("\n");
}

function scenarioText(scenario: ScenarioResult): string {
  const { name, metrics } = scenario;
  if (name === "matrix") return [matrixTable(scenario), "", formsTable(scenario), repeats(scenario)].join("\n");
  if (name === "smoke") return trendTable(metrics, ["http_req_duration", "http_req_waiting"]);
  if (name === "stream") return trendTable(metrics, ["ttft", "chunk_gap", "chunk_jitter"]);
  return [phasesTable(scenario), ...memoryLine(scenario)].join("\n");
}

function matrixTable({ metrics, env }: ScenarioResult): string {
  const rows = matrixRows(metrics, Number(env["STEP_SECONDS"])).map(({ complexity, users, ours, source }) => {
    const columns = (["rps", "p50", "p99"] as const).flatMap((figure: keyof CellFigures) => {
      const [own, theirs] = [ours?.[figure] ?? null, source?.[figure] ?? null];
      return [digits(own), digits(theirs), digits(ratio(own, theirs))];
    });
    return [complexity, String(users), ...columns];
  });
  const head = ["rps", "p50 ms", "p99 ms"].flatMap((name) => [name, "source", "ratio"]);
  return table([["prompt", "users", ...head], ...rows]);
}

function formsTable({ metrics }: ScenarioResult): string {
  const parts = ["form", "model"].flatMap((tag) => partsOf(metrics, "http_req_duration", tag));
  const rows = parts.map(({ part, values }) => [
    part,
    digits(values["count"]),
    digits(values["p(50)"]),
    digits(values["p(99)"]),
  ]);
  return table([["over all cells", "requests", "p50 ms", "p99 ms"], ...rows]);
}

function repeats({ metrics }: ScenarioResult): string {
  const [all, repeated, cached] = ["iterations", "repeated_inputs", "cached_answers"].map(
    (name) => metrics[name]?.values["count"] ?? 0,
  );
  return `of ${all} requests ${repeated} repeated an earlier one, and ${cached} were answered from a cache`;
}

function phasesTable({ metrics }: ScenarioResult): string {
  const phases = partsOf(metrics, "http_req_duration", "phase");
  const order = ["before", "first", "middle", "during", "over", "last", "after"];
  const rows = phases
    .toSorted((a, b) => order.indexOf(a.part) - order.indexOf(b.part))
    .map(({ part, values }) => [part, digits(values["count"]), digits(values["p(50)"]), digits(values["p(99)"])]);
  const dropped = metrics["dropped_iterations"]?.values["count"] ?? 0;
  const checks = metrics["checks"]?.values ?? {};
  return [
    table([["phase", "requests", "p50 ms", "p99 ms"], ...rows]),
    `right answers: ${digits((checks["rate"] ?? 0) * 100)} %${dropped > 0 ? `; ${dropped} requests were not sent, because the limit of waiting requests was reached` : ""}`,
  ].join("\n");
}

function memoryLine({ memory }: ScenarioResult): string[] {
  const [first, last] = [memory[0], memory.at(-1)];
  if (!first || !last) return [];
  const peak = Math.max(...memory.map(({ bytes }) => bytes));
  return [
    `memory of the serving processes: ${digits(first.bytes / MIB)} → ${digits(last.bytes / MIB)} MiB, peak ${digits(peak / MIB)}`,
  ];
}

function trendTable(metrics: ScenarioResult["metrics"], names: readonly string[]): string {
  const rows = names.map((name) => {
    const values = metrics[name]?.values ?? {};
    return [name, digits(values["count"]), digits(values["p(50)"]), digits(values["p(95)"]), digits(values["p(99)"])];
  });
  return table([["milliseconds", "count", "p50", "p95", "p99"], ...rows]);
}
