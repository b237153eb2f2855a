import {
  type OptimizationPlan,
  type OptimizationResult,
  type OptimizationRun,
  type OptimizationStep,
} from "../../domain/optimizations/optimization.ts";
import type { PromptMessages } from "../../domain/optimizations/prompt-texts.ts";
import { optimizationSteps } from "../../domain/optimizations/search-candidates.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { executionsOf } from "../../domain/tests/test-case.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";
import { executeInRun } from "../runs/trace-run.ts";
import { spendWithinLimit } from "../runs/spend-within-limit.ts";
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

function optimizationKind(deps: OptimizationDeps): RunKind<OptimizationPlan, OptimizationStep, OptimizationResult> {
  return {
    name: "optimization",
    runs: deps.optimizations,
    stepsLeft: optimizationSteps,
    concurrencyOf: ({ concurrency }) => concurrency,
    executionsOf: (step) => (step.kind === "trial" ? executionsOf(step.case) : 1),
    make: async (run, step, resumed) => makeStep(deps, run, step, resumed),
    skip: (step, paid) => ({
      result: { position: step.position, skipped: true, cost_nanousd: paid },
      goesOn: isOfSearch(step),
    }),
    conclude: async () => undefined,
  };
}

function isOfSearch(step: OptimizationStep): boolean {
  return step.kind === "proposal" || (step.kind === "trial" && !step.isConfirming);
}

async function makeStep(
  deps: OptimizationDeps,
  run: OptimizationRun,
  step: OptimizationStep,
  resumed: boolean,
): Promise<OptimizationResult> {
  const { position, kind } = step;
  if (kind === "choice") return { position, chosen: step.chosen };
  const limit = Math.floor(run.plan.max_cost_nanousd * (isOfSearch(step) ? SEARCH_SHARE : 1));
  const traced = { ...deps, execute: executeInRun(deps, run) };
  const spending = { ...deps, execute: spendWithinLimit(traced, deps.optimizations, run, limit) };
  if (kind === "proposal") {
    return proposeCandidate(spending, run, await deps.optimizations.results(run), step, resumed);
  }
  if (kind === "publication") return publishCandidate(deps, run, position, step.messages);
  const draft = step.candidate === 0 ? undefined : await draftOf(deps, run, step.messages);
  const trial = {
    position,
    case: step.case,
    prompt: run.plan.prompt,
    model: null,
    execution_id: run.plan.execution_ids[position] ?? "",
    is_fresh: true,
  };
  return runTrial(spending, run, trial, { resumed, ...(draft && { draft }) });
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
