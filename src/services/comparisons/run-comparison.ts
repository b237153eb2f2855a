import {
  type ComparisonRun,
  type ComparisonPlan,
  type ComparisonResult,
  type ComparisonStep,
  comparisonSteps,
  isAnswer,
  type JudgedPair,
} from "../../domain/comparisons/comparison.ts";
import { comparisonCounts, summarizeComparison } from "../../domain/comparisons/summarize-comparison.ts";
import { executionsOf } from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { executeInRun } from "../runs/trace-run.ts";
import { spendWithinLimit } from "../runs/spend-within-limit.ts";
import { type RunKind, workOnRun } from "../runs/work-on-run.ts";
import { runTrial } from "../tests/run-trial.ts";
import type { ComparisonDeps } from "./comparison-deps.ts";
import { type AnswersToJudge, judgePair } from "./judge-pair.ts";

/** Works on a comparison for a while, as {@link workOnRun} does. */
export async function runComparison(deps: ComparisonDeps, key: RunKey, lastStartMs: number): Promise<void> {
  return workOnRun(deps, comparisonKind(deps), key, lastStartMs);
}

/** How comparisons are worked on. */
export function comparisonKind(deps: ComparisonDeps): RunKind<ComparisonPlan, ComparisonStep, ComparisonResult> {
  const { comparisons } = deps;
  return {
    name: "comparison",
    runs: comparisons,
    stepsLeft: comparisonSteps,
    concurrencyOf: ({ concurrency }) => concurrency,
    executionsOf: (_plan, step) => ("trial" in step ? executionsOf(step.trial) : [step.pair.execution_id]),
    async make(run, step, executions) {
      const traced = { ...deps, execute: executeInRun(deps, run) };
      const limited = spendWithinLimit(traced, comparisons, run, run.plan.max_cost_nanousd);
      const spending = { ...deps, execute: executions.over(limited) };
      if ("trial" in step) return runTrial(spending, run, step.trial);
      return judgePair(spending, run, step.pair, await answersOf(deps, run, step.pair));
    },
    skip: (step, paid) => {
      const { position } = "trial" in step ? step.trial : step.pair;
      return { result: { position, skipped: true, cost_nanousd: paid }, goesOn: false };
    },
    async conclude({ tenant_id, id, plan }, results) {
      await comparisons.keepCounts({ tenant_id, id }, comparisonCounts(summarizeComparison(plan, results, true)));
    },
  };
}

/** The answers that a pair is about, as their trials keep them. */
async function answersOf(
  { comparisons }: ComparisonDeps,
  run: ComparisonRun,
  pair: JudgedPair,
): Promise<AnswersToJudge> {
  const results = await comparisons.resultsAt(run, [pair.first, pair.second]);
  const outputOf = (position: number) => {
    const found = results.find((result) => result.position === position);
    return (found && isAnswer(found) && found.output) || "";
  };
  return { first: outputOf(pair.first), second: outputOf(pair.second) };
}
