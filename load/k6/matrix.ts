/**
 * The source's matrix: simple, moderate and complex prompts × 1, 10, 50 and 100 users, one cell
 * after the other. STEP_SECONDS is the length of a cell.
 */
import exec from "k6/execution";
import type { Options, Scenario } from "k6/options";
import { TREND_STATS } from "./lib/summary.ts";
import { beginRun, execute } from "./lib/target.ts";
import { MATRIX, matrixThresholds } from "./lib/thresholds.ts";
import { jobAt, type Run } from "./lib/workload.ts";

export { handleSummary } from "./lib/summary.ts";

const STEP_SECONDS = Number(__ENV["STEP_SECONDS"] ?? 10);
/** Time for the last answers of a cell, so that they do not load the next cell. */
const GAP_SECONDS = 2;

const scenarios = MATRIX.map(({ name, users }, at): [string, Scenario] => [
  name,
  {
    executor: "constant-vus",
    vus: users,
    duration: `${STEP_SECONDS}s`,
    startTime: `${at * (STEP_SECONDS + GAP_SECONDS)}s`,
    gracefulStop: `${GAP_SECONDS}s`,
    tags: { cell: name },
  },
]);

export const options: Options = {
  scenarios: Object.fromEntries(scenarios),
  summaryTrendStats: TREND_STATS,
  thresholds: matrixThresholds(STEP_SECONDS),
};

export const setup = beginRun;

export default function (run: Run): void {
  const cell = MATRIX.find(({ name }) => name === exec.scenario.name);
  if (!cell) throw new Error(`no cell ${exec.scenario.name}`);
  const own = { ...run, id: `${run.id}-${cell.users}` };
  execute(jobAt(own, cell.complexity, exec.scenario.iterationInTest), { cell: cell.name });
}
