import { SOURCE_FIGURES } from "../../source-figures.ts";
import { COMPLEXITIES, MODELS, USERS, type Complexity } from "./workload.ts";

/** A cell of the matrix. */
export interface MatrixCell {
  name: string;
  complexity: Complexity;
  users: number;
}

/**
 * k6's thresholds: expressions by metric. k6 reports the part of a metric with a tag only where
 * that part has a threshold.
 */
export type Thresholds = Record<string, string[]>;

/** The longest time of an execution (the default of EXECUTION_TIMEOUT_MS). */
export const IN_TIME = "p(99)<30000";

/** All cells in the order in which they run. */
export const MATRIX: MatrixCell[] = COMPLEXITIES.flatMap((complexity) =>
  USERS.map((users) => ({ name: `${complexity}_${users}`, complexity, users })),
);

/**
 * The thresholds of the matrix: right answers in every cell, and the source's figures in each cell
 * that the source has. `stepSeconds` is the length of a cell.
 */
export function matrixThresholds(stepSeconds: number): Thresholds {
  const thresholds: Thresholds = {};
  for (const { name, complexity, users } of MATRIX) {
    const source = SOURCE_FIGURES[complexity][users];
    thresholds[`checks{cell:${name}}`] = ["rate>0.99"];
    thresholds[`http_req_duration{cell:${name}}`] = source ? [`p(50)<${source.p50}`, `p(99)<${source.p99}`] : [IN_TIME];
    thresholds[`http_reqs{cell:${name}}`] = [`count>${Math.floor((source?.rps ?? 0) * stepSeconds)}`];
  }
  for (const form of ["whole", "stream"]) thresholds[`http_req_duration{form:${form}}`] = [IN_TIME];
  for (const model of MODELS) thresholds[`http_req_duration{model:${model}}`] = [IN_TIME];
  return thresholds;
}

/** Thresholds of a timeline: right answers, and answers in time in every phase and slot. */
export function timelineThresholds(phases: readonly string[], slots: number): Thresholds {
  const parts = [...phases.map((phase) => `phase:${phase}`), ...slotNames(slots).map((slot) => `slot:${slot}`)];
  const thresholds: Thresholds = { checks: ["rate>0.99"] };
  for (const part of parts) thresholds[`http_req_duration{${part}}`] = [IN_TIME];
  return thresholds;
}

/** The names of a timeline's slots in order: `00`, `01`, … */
export function slotNames(slots: number): string[] {
  return Array.from({ length: slots }, (_, at) => String(at).padStart(2, "0"));
}
