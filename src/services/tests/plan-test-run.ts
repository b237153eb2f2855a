import { invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import type { TraceContext } from "../../domain/trace-context.ts";
import { type TestCase, toTestCase } from "../../domain/tests/test-case.ts";
import { MAX_TRIALS, type ReusedTrial, type TestPlan, type TestRun, trialCount } from "../../domain/tests/test-run.ts";
import { findReusable, hashInputs } from "./reuse-results.ts";
import type { TestDeps } from "./test-deps.ts";

/** What is asked of a run. Without `tests` those of the prompt's file are run. */
export interface TestRunRequest {
  /** An id that was assigned before: a second run of it is not made. */
  id?: string;
  tenant_id: string;
  key_id: string;
  prompt: PromptReference;
  /** That of the HTTP request. It is no part of what a key of idempotency stands for. */
  trace?: TraceContext;
  tests?: TestCase[];
  models?: string[];
  repeat: number;
  concurrency?: number;
  max_cost_usd?: number;
  /** Whether stored results stand for trials whose inputs did not change. */
  reuse?: boolean;
}

/** A run to be committed, and the stored trials that it reuses. */
export interface PlannedRun {
  run: TestRun;
  reused: ReusedTrial[];
}

const NANO = 1e9;

/**
 * Plans a run under an id: which cases of which version, by which models, and which stored results
 * it reuses. Throws `not_found` for a prompt, version or label that does not exist, and
 * `validation_error` where there is nothing to run, or too much.
 */
export async function planTestRun(deps: TestDeps, request: TestRunRequest, id: string): Promise<PlannedRun> {
  const { tenant_id, key_id, prompt, models, repeat, max_cost_usd, reuse = false } = request;
  const { row } = await deps.resolve(tenant_id, prompt, deps.random(), true);
  const cases = request.tests ?? row.definition.tests.map(toTestCase);
  const shape = { cases, models: models ?? [null], repeat };
  const trials = trialCount(shape);
  const fault = faultOf(trials, request.tests !== undefined);
  if (fault) throw invalid([{ path: "tests", message: fault }]);
  const now = deps.now();
  const input_hashes = await hashInputs(deps, tenant_id, row.definition, shape);
  const plan: TestPlan = {
    ...shape,
    input_hashes,
    prompt: { name: row.name, version: row.version },
    concurrency: Math.min(request.concurrency ?? deps.settings.concurrency, deps.settings.concurrency),
    execution_ids: Array.from({ length: trials }, () => newId("exe", now)),
    ...(request.trace && { trace: request.trace }),
    ...(max_cost_usd !== undefined && { max_cost_nanousd: Math.round(max_cost_usd * NANO) }),
  };
  const run: TestRun = { id, tenant_id, key_id, plan, status: "running", created_at: now, ended_at: null };
  return { run, reused: reuse ? await findReusable(deps, tenant_id, plan) : [] };
}

function faultOf(trials: number, given: boolean): string | undefined {
  if (trials === 0) return given ? "must not be empty" : "the version has no tests; give some in the request";
  if (trials <= MAX_TRIALS) return undefined;
  return `are ${trials} trials with their models and repetitions; a run has at most ${MAX_TRIALS}`;
}
