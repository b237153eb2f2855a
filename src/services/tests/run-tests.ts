import {
  executionsOf,
  summarizeRun,
  type TestPlan,
  type TestRun,
  type Trial,
  type TrialResult,
  trialsOf,
} from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { executeInRun } from "../runs/trace-run.ts";
import { spendWithinLimit } from "../runs/spend-within-limit.ts";
import { type RunKind, workOnRun } from "../runs/work-on-run.ts";
import { inputHashOf } from "./reuse-results.ts";
import { runTrial, skippedTrial } from "./run-trial.ts";
import type { TestDeps } from "./test-deps.ts";

const NANOUSD_PER_USD = 1e9;

/** Works on a test run for a while, as {@link workOnRun} does. */
export async function runTests(deps: TestDeps, key: RunKey, lastStartMs: number): Promise<void> {
  return workOnRun(deps, testKind(deps), key, lastStartMs);
}

/** How test runs are worked on. */
export function testKind(deps: TestDeps): RunKind<TestPlan, Trial, TrialResult> {
  return {
    name: "test",
    runs: deps.runs,
    stepsLeft(plan, results) {
      const done = new Set(results.map(({ position }) => position));
      return trialsOf(plan).filter(({ position }) => !done.has(position));
    },
    concurrencyOf: ({ concurrency }) => concurrency,
    executionsOf: (_plan, trial) => executionsOf(trial),
    async make(run, trial, executions) {
      const traced = { ...deps, execute: executeInRun(deps, run) };
      const limited = spendWithinLimit(traced, deps.runs, run, run.plan.max_cost_nanousd ?? null);
      const result = await runTrial({ ...deps, execute: executions.over(limited) }, run, trial);
      return { ...result, input_hash: inputHashOf(run.plan, result) };
    },
    skip: (trial, paid) => ({ result: skippedTrial(trial, paid), goesOn: false }),
    conclude: async (run, results) => conclude(deps, run, results),
  };
}

/**
 * The event is stored before the end, once however often: a crash between the two loses neither.
 */
async function conclude(deps: TestDeps, { tenant_id, id, plan }: TestRun, results: readonly TrialResult[]) {
  const { outcomes: _each, ...counts } = summarizeRun(plan, results);
  const { passed, failed, flaky, pass_rate, cost_nanousd } = counts;
  await deps.runs.keepCounts({ tenant_id, id }, counts);
  const { name: prompt, version } = plan.prompt;
  const cost_usd = cost_nanousd === null ? null : cost_nanousd / NANOUSD_PER_USD;
  await deps.publishEvent(tenant_id, {
    type: "test_run.completed",
    key: `test_run.completed/${id}`,
    prompt,
    at: deps.now(),
    data: { id, prompt, version, passed, failed, flaky, pass_rate, cost_usd },
  });
}
