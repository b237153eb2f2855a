import type { CallRecord } from "../../mock/call-record.ts";
import type { Experiment, ListedExecution, ShownExperiment } from "./experiment-client.ts";

/** An experiment that has ended, and the executions that the ledger has of it. */
export interface Ended {
  experiment: Experiment;
  shown: ShownExperiment;
  executions: ListedExecution[];
}

/** What a result says and what the ledger has may differ by the rounding of sums. */
const ROUNDING_USD = 1e-9;

/** The row of an experiment. */
export function rowOf({ experiment, shown, executions }: Ended): string[] {
  const known = executions.filter(hasEnded).length;
  const unknown = executions.length - known;
  const counts = [expectedOf(experiment, shown), known, unknown].map(String);
  return [experiment.key, shown.status, ...counts, `${shown.cost_usd}`, `${costOf(executions)}`];
}

/** What must not be of one experiment. */
export function faultsOf({ experiment, shown, executions }: Ended): string[] {
  const { key, max_cost_usd } = experiment;
  const faults: string[] = [];
  const known = executions.filter(hasEnded).length;
  const expected = expectedOf(experiment, shown);
  const cost = costOf(executions);
  if (shown.status !== "completed") faults.push(`${key} is ${shown.status}`);
  if (known !== expected) faults.push(`${key}: ${known} executions have ended, for ${expected} in its result`);
  for (const { id, error } of executions.filter(({ status }) => status === "failed")) {
    faults.push(`${key}: ${id} failed: ${error?.detail}`);
  }
  const told = shown.cost_usd ?? Number.NaN;
  if (!(Math.abs(told - cost) <= ROUNDING_USD)) faults.push(`${key}: ${told} told, ${cost} on record`);
  if (max_cost_usd !== undefined && cost > max_cost_usd) faults.push(`${key}: ${cost} spent of ${max_cost_usd}`);
  const isWhole = shown.total === undefined || shown.done === undefined || shown.done === shown.total;
  if (!isWhole && shown.stopped !== "max_cost_usd") faults.push(`${key}: ${shown.done} of ${shown.total} done`);
  return faults;
}

/** What must not be of all calls together: each is billed once, and none for nothing. */
export function callFaults(ended: readonly Ended[], calls: readonly CallRecord[], mostUnderWay: number): string[] {
  const executions = ended.flatMap((each) => each.executions);
  const faults: string[] = [];
  const known = executions.filter(hasEnded);
  const unknown = executions.length - known.length;
  const answered = known.reduce((sum, { attempts }) => sum + attempts, 0);
  const most = executions.reduce((sum, { attempts }) => sum + attempts, 0);
  if (calls.length < answered) faults.push(`${answered} calls are billed, and ${calls.length} were made`);
  if (calls.length > most) faults.push(`${calls.length} calls were made, and ${most} are billed`);
  if (unknown > mostUnderWay) faults.push(`${unknown} are unknown, and ${mostUnderWay} can have been under way`);
  return faults;
}

/** The executions that the result of an experiment is made of. */
function expectedOf({ kind, body }: Experiment, shown: ShownExperiment): number {
  const hasRubric = JSON.stringify(body).includes("llm_rubric");
  const answers = hasRubric ? 2 : 1;
  if (kind === "comparison") {
    const trials = (shown.inputs ?? []).reduce((sum, input) => sum + input.answers.length, 0);
    return trials * answers + (shown.done ?? 0) - trials;
  }
  if (kind === "test_run") return (shown.results ?? []).reduce((sum, { repeats = 0 }) => sum + repeats * answers, 0);
  const proposed = (shown.candidates ?? []).filter(({ origin }) => origin === "reflection").length;
  const tried = (shown.candidates ?? []).reduce((sum, { trials }) => sum + trials, 0);
  return tried + proposed + (shown.failed_proposals?.length ?? 0) + 2 * (shown.confirmation?.pairs ?? 0);
}

function hasEnded({ status }: ListedExecution): boolean {
  return status !== "unknown";
}

function costOf(executions: readonly ListedExecution[]): number {
  return executions.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
}
