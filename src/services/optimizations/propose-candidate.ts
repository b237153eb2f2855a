import { assessCandidates } from "../../domain/optimizations/assess-candidates.ts";
import {
  isTrial,
  type OptimizationResult,
  type OptimizationRun,
  type Proposal,
} from "../../domain/optimizations/optimization.ts";
import { textsOf, withTexts } from "../../domain/optimizations/prompt-texts.ts";
import {
  feedbackOf,
  readReflection,
  type Reflection,
  REFLECTION_PROMPT,
  reflectionMessages,
} from "../../domain/optimizations/reflection.ts";
import { AppError, toAppError } from "../../domain/errors.ts";
import { type ExecutionOptions, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import { RunLimitReached } from "../runs/spend-within-limit.ts";
import { testOptions, type TrialDeps } from "../tests/test-options.ts";
import { estimatePrompt } from "./estimate-prompt.ts";
import type { OptimizationDeps } from "./optimization-deps.ts";

/** What asking for a proposal needs. */
type ProposalDeps = Omit<OptimizationDeps, "execute"> & Pick<TrialDeps, "execute">;

/** Which proposal is asked for, and of which candidate. */
export interface ProposalStep {
  position: number;
  parent: number;
  round: number;
}

/**
 * Asks a model for a candidate: it is shown the templates of another one and what its tests say.
 * The tenant's prompt {@link REFLECTION_PROMPT} asks, or else ours. Where the model fails or
 * proposes what cannot be tried, the result says why. Throws {@link RunLimitReached} where the
 * money does not reach.
 */
export async function proposeCandidate(
  deps: ProposalDeps,
  run: OptimizationRun,
  results: readonly OptimizationResult[],
  step: ProposalStep,
): Promise<Proposal> {
  const { tenant_id, key_id, plan } = run;
  const { position, parent, round } = step;
  const parents = assessCandidates(plan, results).candidates;
  const { messages } = parents[parent] ?? { messages: [] };
  const trials = plan.cases.map((_, input) =>
    results.filter(isTrial).find((result) => result.position === parent * plan.cases.length + input),
  );
  const before = textsOf(messages);
  const { options, variables } = await questionOf(deps, run, {
    goal: plan.goal,
    texts: before,
    feedback: feedbackOf(plan.cases, trials, round),
  });
  const id = plan.execution_ids[position];
  const none = { position, proposal: null };
  try {
    const { execution } = await deps.execute.run(
      { tenant_id, key_id, lane: "standard", purpose: "test", variables, options, ...(id !== undefined && { id }) },
      startTimings(() => deps.now()),
    );
    const { cost_nanousd } = execution;
    const read = readReflection(execution.output ?? "", before);
    if ("fault" in read) return { ...none, fault: read.fault, cost_nanousd };
    const proposed = withTexts(messages, read.texts);
    const { row } = await deps.resolve(tenant_id, plan.prompt, 0);
    const draft: PromptDefinition = { ...row.definition, messages: proposed };
    const estimated_tokens = estimatePrompt(draft, plan.cases);
    const changes = [read.reason];
    return {
      position,
      proposal: { origin: "reflection", messages: proposed, changes, estimated_tokens, parent },
      fault: null,
      cost_nanousd,
    };
  } catch (thrown) {
    if (thrown instanceof RunLimitReached) throw thrown;
    if (!(thrown instanceof ExecutionFailed || thrown instanceof AppError)) throw thrown;
    const cost_nanousd = thrown instanceof ExecutionFailed ? thrown.execution.cost_nanousd : 0;
    const { detail } = toAppError(thrown instanceof ExecutionFailed ? thrown.error : thrown);
    return { ...none, fault: `The model failed: ${detail}`, cost_nanousd };
  }
}

async function questionOf(
  deps: ProposalDeps,
  run: OptimizationRun,
  reflection: Reflection,
): Promise<{ options: ExecutionOptions; variables: Record<string, unknown> }> {
  const common = { ...testOptions(run, "reflection"), model: run.plan.reflection_model };
  if (await deps.hasPrompt(run.tenant_id, REFLECTION_PROMPT)) {
    const variables = {
      goal: reflection.goal,
      texts: JSON.stringify(reflection.texts),
      feedback: JSON.stringify(reflection.feedback),
    };
    return { options: { ...common, prompt: { name: REFLECTION_PROMPT } }, variables };
  }
  const own = { prompt: { name: NO_PROMPT_NAME }, messages: reflectionMessages(reflection) };
  return { options: { ...common, ...own }, variables: {} };
}
