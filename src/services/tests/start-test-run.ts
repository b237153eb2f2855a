import { AppError, invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import { type TestCase, toTestCase } from "../../domain/tests/test-case.ts";
import { MAX_TRIALS, type TestPlan, type TestRun, trialCount } from "../../domain/tests/test-run.ts";
import { withTimeout } from "../../lib/deadline.ts";
import { byteLength } from "../../lib/encoding.ts";
import { type ReadRun, readTestRun } from "./read-test-run.ts";
import { runTests } from "./run-tests.ts";
import type { TestDeps } from "./test-deps.ts";

/** What is asked of a run. Without `tests` those of the prompt's file are run. */
export interface TestRunRequest {
  tenant_id: string;
  key_id: string;
  prompt: PromptReference;
  tests?: TestCase[];
  models?: string[];
  repeat: number;
  concurrency?: number;
}

/** A run of at most this many trials begins in the request that asks for it, else on the queue. */
const TRIALS_IN_REQUEST = 50;
/** A request is answered after this time at the latest, ms; its trials go on behind the reply. */
const REPLY_WITHIN_MS = 10_000;
/** A request begins no trial after this time, ms: its work may last 30 s after the reply. */
const LAST_START_MS = 10_000;
/** A value of D1 holds 2 MB. */
const MAX_PLAN_BYTES = 1_900_000;

/**
 * Starts a run; it is committed by the time this resolves, and goes on whoever vanishes. Returns it
 * as it is then: a small one has mostly ended. Throws `not_found` for a prompt, version or label
 * that does not exist, and `validation_error` where there is nothing to run, or too much.
 */
export async function startTestRun(deps: TestDeps, request: TestRunRequest): Promise<ReadRun> {
  const run = await planRun(deps, request);
  await deps.runs.create(run);
  const { tenant_id, id, plan } = run;
  const key = { tenant_id, id };
  if (trialCount(plan) > TRIALS_IN_REQUEST) {
    await deps.wake(key).catch((error: unknown) => deps.onError("wake_up_unsent", id, error));
    return readTestRun(deps, key);
  }
  const work = runTests(deps, key, LAST_START_MS).catch((error: unknown) => deps.onError("test_run_fault", id, error));
  deps.defer(work);
  await withTimeout(work, REPLY_WITHIN_MS, () => new Error("late")).catch(() => undefined);
  return readTestRun(deps, key);
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
  const bytes = byteLength(JSON.stringify(plan));
  if (bytes > MAX_PLAN_BYTES) {
    throw new AppError("payload_too_large", `The run is too large to be kept: ${bytes} of ${MAX_PLAN_BYTES} bytes.`);
  }
  return { id: newId("tst", now), tenant_id, key_id, plan, status: "running", created_at: now, ended_at: null };
}

function faultOf(trials: number, given: boolean): string | undefined {
  if (trials === 0) return given ? "must not be empty" : "the version has no tests; give some in the request";
  if (trials <= MAX_TRIALS) return undefined;
  return `are ${trials} trials with their models and repetitions; a run has at most ${MAX_TRIALS}`;
}
