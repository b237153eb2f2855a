import type { Execution, ExecutionStatus } from "../executions/execution.ts";
import type { RollupLine } from "./rollup.ts";

/** Which executions a list asks for. Times are Unix ms; `from` is included, `to` is not. */
export interface ExecutionFilter {
  prompt?: string;
  status?: ExecutionStatus;
  model?: string;
  key?: string;
  from?: number;
  to?: number;
}

/** Whether a list asks for some executions only. */
export function isSelective({ prompt, status, model, key, from, to }: ExecutionFilter): boolean {
  return [prompt, status, model, key, from, to].some((value) => value !== undefined);
}

/** Whether an execution is on the list. */
export function isWanted(filter: ExecutionFilter, execution: Execution): boolean {
  const { prompt, status, model, key, from = -Infinity, to = Infinity } = filter;
  return (
    (prompt === undefined || execution.prompt_name === prompt) &&
    (status === undefined || execution.status === status) &&
    (model === undefined || execution.model === model) &&
    (key === undefined || execution.key_id === key) &&
    execution.created_at >= from &&
    execution.created_at < to
  );
}

/** Whether a line of a rollup counts executions that the list may ask for. */
export function mayBeWanted(filter: ExecutionFilter, { combination, sums }: RollupLine): boolean {
  const { prompt, status, model, key } = filter;
  if (prompt !== undefined && combination.prompt !== prompt) return false;
  if (model !== undefined && combination.model !== model) return false;
  if (key !== undefined && combination.key !== key) return false;
  if (status === "failed") return sums.errors > 0;
  if (status === "unknown") return sums.unknown > 0;
  return status === undefined || sums.executions > sums.errors + sums.unknown;
}
