import type { Machine } from "../harness/machine.ts";
import type { K6Summary } from "../k6/lib/summary.ts";
import { MATRIX } from "../k6/lib/thresholds.ts";
import type { Complexity } from "../k6/lib/workload.ts";
import { type CellFigures, SOURCE_FIGURES } from "../source-figures.ts";
import type { ScenarioResult } from "./run-k6.ts";

/** All that a load run wrote down. */
export interface LoadResult {
  format: 1;
  at: string;
  machine: Machine;
  /** The server under load: this machine's production bundle, or a URL. */
  target: string;
  /** The simulated provider's time, milliseconds; null in front of real providers. */
  simulated_ms: Record<Complexity, number> | null;
  scenarios: ScenarioResult[];
  /** Scenarios that were not run, with the reason. */
  skipped: { name: string; reason: string }[];
}

/** One line of the source's table. */
export interface MatrixRow {
  complexity: Complexity;
  users: number;
  ours: CellFigures | null;
  source: CellFigures | null;
}

/** The source's table out of k6's figures; a cell that answered nothing has none. */
export function matrixRows(metrics: K6Summary["metrics"], stepSeconds: number): MatrixRow[] {
  return MATRIX.map(({ name, complexity, users }) => {
    const latency = metrics[`http_req_duration{cell:${name}}`]?.values ?? {};
    const { count = 0, "p(50)": p50, "p(99)": p99 } = latency;
    const ours = count > 0 && p50 !== undefined && p99 !== undefined ? { rps: count / stepSeconds, p50, p99 } : null;
    return { complexity, users, ours, source: SOURCE_FIGURES[complexity][users] ?? null };
  });
}

/** The figures of a metric's parts by a tag, in the order of their names: a time line by `slot`, phases by `phase`. */
export function partsOf(metrics: K6Summary["metrics"], metric: string, tag: string) {
  const pattern = new RegExp(`^${metric}\\{${tag}:(.+)\\}$`);
  return Object.entries(metrics)
    .flatMap(([name, { values }]) => {
      const [, part] = pattern.exec(name) ?? [];
      return part === undefined ? [] : [{ part, values }];
    })
    .toSorted((a, b) => a.part.localeCompare(b.part));
}
