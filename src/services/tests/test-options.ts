import { parseCacheControl } from "../../domain/executions/cache-control.ts";
import type { ExecutionOptions } from "../../domain/executions/execution-options.ts";
import type { TestRun } from "../../domain/tests/test-run.ts";

/** How long the execution of a trial may take, and each one of its judge, ms. */
const TRIAL_MS = 60_000;
/** The longest name of a test in the metadata of its executions. */
const MAX_NAME = 200;

/** What the executions of a run have in common; their metadata tell them from all others. */
export function testOptions(run: Pick<TestRun, "id">, test: string): Omit<ExecutionOptions, "prompt"> {
  return {
    parameters: {},
    cache_control: parseCacheControl(""),
    timeout_ms: TRIAL_MS,
    metadata: { test_run: run.id, test: test.slice(0, MAX_NAME).toWellFormed() },
  };
}
