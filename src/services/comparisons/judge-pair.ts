import type { ComparisonRun, JudgedOrder, JudgedPair } from "../../domain/comparisons/comparison.ts";
import {
  type PairToJudge,
  PAIRWISE_PROMPT,
  pairwiseMessages,
  readWinner,
} from "../../domain/comparisons/pairwise-judge.ts";
import { toAppError } from "../../domain/errors.ts";
import { type ExecutionOptions, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import { RunLimitReached } from "../runs/spend-within-limit.ts";
import { testOptions, type TrialDeps } from "../tests/test-options.ts";

/** The longest reason that is kept. */
const MAX_REASON = 400;

/** Two answers in the order in which the judge sees them. */
export type AnswersToJudge = Pick<PairToJudge, "first" | "second">;

/**
 * Asks a judge which of two answers is better: the tenant's prompt {@link PAIRWISE_PROMPT}, or else
 * ours at temperature 0. Where it fails or names no winner, there is none. Throws
 * {@link RunLimitReached} where the comparison's money does not reach.
 */
export async function judgePair(
  deps: TrialDeps,
  comparison: ComparisonRun,
  pair: JudgedPair,
  answers: AnswersToJudge,
): Promise<JudgedOrder> {
  const { tenant_id, key_id } = comparison;
  const { position, execution_id: id } = pair;
  try {
    const { options, variables } = await questionOf(deps, comparison, pair, answers);
    const { execution } = await deps.execute.run(
      { tenant_id, key_id, lane: "standard", purpose: "test", variables, options, id },
      startTimings(() => deps.now()),
    );
    const { cost_nanousd } = execution;
    const said = readWinner(execution.output ?? "");
    if (said) return { position, winner: said.winner, reason: shorten(said.reason), cost_nanousd };
    return { position, winner: null, reason: shorten(`it named no winner: ${execution.output ?? ""}`), cost_nanousd };
  } catch (thrown) {
    if (thrown instanceof RunLimitReached) throw thrown;
    const cost_nanousd = thrown instanceof ExecutionFailed ? thrown.execution.cost_nanousd : 0;
    const { detail } = toAppError(thrown instanceof ExecutionFailed ? thrown.error : thrown);
    return { position, winner: null, reason: shorten(`it failed: ${detail}`), cost_nanousd };
  }
}

async function questionOf(
  deps: TrialDeps,
  comparison: ComparisonRun,
  pair: JudgedPair,
  answers: AnswersToJudge,
): Promise<{ options: ExecutionOptions; variables: Record<string, unknown> }> {
  const { criteria = "", model = null } = comparison.plan.judge ?? {};
  const common = testOptions(comparison, pair.case.name);
  const judged: PairToJudge = { criteria, inputs: JSON.stringify(pair.case.variables), ...answers };
  const options = { ...common, metadata: { ...common.metadata, judge: true } };
  if (await deps.hasPrompt(comparison.tenant_id, PAIRWISE_PROMPT)) {
    const prompt = { name: PAIRWISE_PROMPT };
    return { options: { ...options, prompt, ...(model !== null && { model }) }, variables: { ...judged } };
  }
  const own = { prompt: { name: NO_PROMPT_NAME }, messages: pairwiseMessages(judged), parameters: { temperature: 0 } };
  return { options: { ...options, ...own, model: model ?? deps.settings.judgeModel }, variables: {} };
}

function shorten(text: string): string {
  return text.slice(0, MAX_REASON).toWellFormed();
}
