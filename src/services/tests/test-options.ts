import { parseCacheControl } from "../../domain/executions/cache-control.ts";
import type { ExecutionOptions } from "../../domain/executions/execution-options.ts";
import type { Run } from "../../domain/runs/run.ts";
import type { ExecuteInRun } from "../runs/run-executions.ts";
import type { TestDeps } from "./test-deps.ts";

/** How long the execution of a trial may take, and each one of its judge, ms. */
const TRIAL_MS = 60_000;
/** The longest name of a test in the metadata of its executions. */
const MAX_NAME = 200;

/** What making a trial needs. */
export interface TrialDeps extends Pick<TestDeps, "now" | "hasPrompt" | "settings"> {
  execute: ExecuteInRun;
}

/** A run of any kind that trials belong to. */
export type TrialRun = Pick<Run<unknown>, "id" | "tenant_id" | "key_id">;

/**
 * By which name the metadata of executions tell the run they belong to, by the prefix of its id.
 */
const RUN_NAMES: Record<string, string> = { tst: "test_run", cmp: "comparison", opt: "optimization" };

/** What the executions of a run have in common; their metadata tell them from all others. */
export function testOptions(run: Pick<TrialRun, "id">, test: string): Omit<ExecutionOptions, "prompt"> {
  const kind = RUN_NAMES[run.id.slice(0, 3)] ?? "run";
  return {
    parameters: {},
    cache_control: parseCacheControl(""),
    timeout_ms: TRIAL_MS,
    metadata: { [kind]: run.id, test: test.slice(0, MAX_NAME).toWellFormed() },
  };
}
