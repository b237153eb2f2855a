import type { Machine } from "../harness/machine.ts";
import type { K6Summary } from "../k6/lib/summary.ts";
import { MATRIX } from "../k6/lib/thresholds.ts";
import type { Complexity } from "../k6/lib/workload.ts";
import { type CellFigures, SOURCE_FIGURES } from "../source-figures.ts";
import type { ScenarioResult } from "./run-k6.ts";

/** The file of a load run. */
export interface LoadResult {
  format: 1;
  at: string;
  machine: Machine;
  /** The loaded server: the production bundle on this machine, or a URL. */
  target: string;
  /** The simulated provider's latency, milliseconds; null with real providers. */
  simulated_ms: Record<Complexity, number> | null;
  scenarios: ScenarioResult[];
  /** Scenarios that were not run, with the reason. */
  skipped: { name: string; reason: string }[];
}

/** One row of the matrix: our figures and the source's. */
export interface MatrixRow {
  complexity: Complexity;
  users: number;
  ours: CellFigures | null;
  source: CellFigures | null;
}

/** The rows of the matrix from k6's figures. A cell without answers has null. */
export function matrixRows(metrics: K6Summary["metrics"], stepSeconds: number): MatrixRow[] {
  return MATRIX.map(({ name, complexity, users }) => {
    const latency = metrics[`http_req_duration{cell:${name}}`]?.values ?? {};
    const { count = 0, "p(50)": p50, "p(99)": p99 } = latency;
    const ours = count > 0 && p50 !== undefined && p99 !== undefined ? { rps: count / stepSeconds, p50, p99 } : null;
    return { complexity, users, ours, source: SOURCE_FIGURES[complexity][users] ?? null };
  });
}

/** A metric's figures by the values of a tag (`slot`, `phase`), in the order of the values. */
export function partsOf(metrics: K6Summary["metrics"], metric: string, tag: string) {
  const pattern = new RegExp(`^${metric}\\{${tag}:(.+)\\}$`);
  return Object.entries(metrics)
    .flatMap(([name, { values }]) => {
      const [, part] = pattern.exec(name) ?? [];
      return part === undefined ? [] : [{ part, values }];
    })
    .toSorted((a, b) => a.part.localeCompare(b.part));
}
