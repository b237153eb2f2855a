import {
  optimizationCounts,
  type OptimizationPlan,
  type OptimizationResult,
  type OptimizationRun,
  type OptimizationStep,
} from "../../domain/optimizations/optimization.ts";
import type { PromptMessages } from "../../domain/optimizations/prompt-texts.ts";
import { optimizationSteps } from "../../domain/optimizations/search-candidates.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import type { TestCase } from "../../domain/tests/test-case.ts";
import { executionsOf as executionsOfTrial, type Trial } from "../../domain/tests/test-run.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { executeInRun } from "../runs/trace-run.ts";
import { spendWithinLimit } from "../runs/spend-within-limit.ts";
import type { RunExecutions } from "../runs/run-executions.ts";
import { type RunKind, workOnRun } from "../runs/work-on-run.ts";
import { runTrial } from "../tests/run-trial.ts";
import type { OptimizationDeps } from "./optimization-deps.ts";
import { proposeCandidate } from "./propose-candidate.ts";
import { publishCandidate } from "./publish-candidate.ts";

/** The share of the money that the search may spend: the rest is for what confirms its choice. */
const SEARCH_SHARE = 0.5;

/** Works on an optimisation for a while, as {@link workOnRun} does. */
export async function runOptimization(deps: OptimizationDeps, key: RunKey, lastStartMs: number): Promise<void> {
  return workOnRun(deps, optimizationKind(deps), key, lastStartMs);
}

/** How optimisations are worked on. */
export function optimizationKind(
  deps: OptimizationDeps,
): RunKind<OptimizationPlan, OptimizationStep, OptimizationResult> {
  return {
    name: "optimization",
    runs: deps.optimizations,
    stepsLeft: optimizationSteps,
    concurrencyOf: ({ concurrency }) => concurrency,
    executionsOf,
    make: async (run, step, executions) => makeStep(deps, run, step, executions),
    skip: (step, paid) => ({
      result: { position: step.position, skipped: true, cost_nanousd: paid },
      goesOn: isOfSearch(step),
    }),
    async conclude({ tenant_id, id }, results) {
      await deps.optimizations.keepCounts({ tenant_id, id }, optimizationCounts(results));
    },
  };
}

/** The ids of the executions of a step: those of a trial, that of a proposal, or none. */
function executionsOf(plan: OptimizationPlan, step: OptimizationStep): string[] {
  if (step.kind === "trial") return executionsOfTrial(trialOf(plan, step));
  return step.kind === "proposal" ? [plan.execution_ids[step.position] ?? ""] : [];
}

function trialOf(plan: OptimizationPlan, { position, case: one }: { position: number; case: TestCase }): Trial {
  const execution_id = plan.execution_ids[position] ?? "";
  return { position, case: one, prompt: plan.prompt, model: null, execution_id, is_fresh: true };
}

function isOfSearch(step: OptimizationStep): boolean {
  return step.kind === "proposal" || (step.kind === "trial" && !step.isConfirming);
}

async function makeStep(
  deps: OptimizationDeps,
  run: OptimizationRun,
  step: OptimizationStep,
  executions: RunExecutions,
): Promise<OptimizationResult> {
  const { position, kind } = step;
  if (kind === "choice") return { position, chosen: step.chosen };
  const limit = Math.floor(run.plan.max_cost_nanousd * (isOfSearch(step) ? SEARCH_SHARE : 1));
  const traced = { ...deps, execute: executeInRun(deps, run) };
  const limited = spendWithinLimit(traced, deps.optimizations, run, limit);
  const spending = { ...deps, execute: executions.over(limited) };
  if (kind === "proposal") {
    return proposeCandidate(spending, run, await deps.optimizations.results(run), step);
  }
  if (kind === "publication") return publishCandidate(deps, run, position, step.messages);
  const draft = step.candidate === 0 ? undefined : await draftOf(deps, run, step.messages);
  return runTrial(spending, run, trialOf(run.plan, step), draft);
}

/** What is tried: the version with other messages. */
async function draftOf(
  deps: OptimizationDeps,
  { tenant_id, plan }: OptimizationRun,
  messages: PromptMessages,
): Promise<PromptDefinition> {
  const { row } = await deps.resolve(tenant_id, plan.prompt, 0);
  return { ...row.definition, messages };
}
