import { invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import { type TestCase, toTestCase } from "../../domain/tests/test-case.ts";
import { MAX_TRIALS, type TestPlan, type TestRun, trialCount } from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { startRun } from "../runs/start-run.ts";
import { type ReadRun, readTestRun } from "./read-test-run.ts";
import { runTests } from "./run-tests.ts";
import type { TestDeps } from "./test-deps.ts";

/** What is asked of a run. Without `tests` those of the prompt's file are run. */
export interface TestRunRequest {
  /** An id that was assigned before: a second run of it is not made. */
  id?: string;
  tenant_id: string;
  key_id: string;
  prompt: PromptReference;
  tests?: TestCase[];
  models?: string[];
  repeat: number;
  concurrency?: number;
}

/**
 * Starts a run; it is committed by the time this resolves, and goes on whoever vanishes. Returns it
 * as it is then: a small one has mostly ended. Throws `not_found` for a prompt, version or label
 * that does not exist, and `validation_error` where there is nothing to run, or too much.
 */
export async function startTestRun(deps: TestDeps, request: TestRunRequest): Promise<ReadRun> {
  const run = await planRun(deps, request);
  const work = async (key: RunKey, lastStartMs: number) => runTests(deps, key, lastStartMs);
  await startRun(deps, { runs: deps.runs, run, steps: trialCount(run.plan), work });
  return readTestRun(deps, run);
}

async function planRun(deps: TestDeps, request: TestRunRequest): Promise<TestRun> {
  const { tenant_id, key_id, prompt, models, repeat } = request;
  const { row } = await deps.resolve(tenant_id, prompt, deps.random(), true);
  const cases = request.tests ?? row.definition.tests.map(toTestCase);
  const shape = { cases, models: models ?? [null], repeat };
  const trials = trialCount(shape);
  const fault = faultOf(trials, request.tests !== undefined);
  if (fault) throw invalid([{ path: "tests", message: fault }]);
  const now = deps.now();
  const plan: TestPlan = {
    ...shape,
    prompt: { name: row.name, version: row.version },
    concurrency: Math.min(request.concurrency ?? deps.settings.concurrency, deps.settings.concurrency),
    execution_ids: Array.from({ length: trials }, () => newId("exe", now)),
  };
  const id = request.id ?? newId("tst", now);
  return { id, tenant_id, key_id, plan, status: "running", created_at: now, ended_at: null };
}

function faultOf(trials: number, given: boolean): string | undefined {
  if (trials === 0) return given ? "must not be empty" : "the version has no tests; give some in the request";
  if (trials <= MAX_TRIALS) return undefined;
  return `are ${trials} trials with their models and repetitions; a run has at most ${MAX_TRIALS}`;
}
