import { toAppError } from "../../domain/errors.ts";
import { type ExecutionOptions, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import type { Verdict } from "../../domain/tests/check.ts";
import { JUDGE_PROMPT, type JudgedAnswer, judgeMessages, readVerdict } from "../../domain/tests/judge.ts";
import type { Trial } from "../../domain/tests/test-run.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import { RunLimitReached } from "../runs/spend-within-limit.ts";
import { testOptions, type TrialDeps, type TrialRun } from "./test-options.ts";

/** A verdict, and what it cost in nano-dollars; null where no price is known. */
export interface Judgement {
  verdict: Verdict;
  cost_nanousd: number | null;
  /** Whether nothing was judged, because the call failed. */
  is_broken?: true;
}

/**
 * Asks a judge about an answer: the tenant's prompt {@link JUDGE_PROMPT}, or else ours with the
 * deployment's model at temperature 0. Where it fails or says no verdict, that is a verdict of 0.
 * Throws {@link RunLimitReached} where the run's money does not reach.
 */
export async function judgeAnswer(
  deps: TrialDeps,
  run: TrialRun,
  trial: Trial,
  { id, criteria, output }: Pick<JudgedAnswer, "criteria" | "output"> & { id: string },
): Promise<Judgement> {
  const judged = { criteria, inputs: JSON.stringify(trial.case.variables), output };
  const { tenant_id, key_id } = run;
  try {
    const options = await judgeOptions(deps, run, trial, judged);
    const variables = options.prompt.name === NO_PROMPT_NAME ? {} : judged;
    const { execution } = await deps.execute.run(
      { tenant_id, key_id, lane: "standard", purpose: "test", variables, options, id },
      startTimings(() => deps.now()),
    );
    const verdict = readVerdict(execution.output ?? "") ?? failed(`it gave no verdict: ${execution.output ?? ""}`);
    return { verdict, cost_nanousd: execution.cost_nanousd };
  } catch (thrown) {
    if (thrown instanceof RunLimitReached) throw thrown;
    const cost_nanousd = thrown instanceof ExecutionFailed ? thrown.execution.cost_nanousd : 0;
    const { detail } = toAppError(thrown instanceof ExecutionFailed ? thrown.error : thrown);
    return { verdict: failed(`it failed: ${detail}`), cost_nanousd, is_broken: true };
  }
}

async function judgeOptions(
  deps: TrialDeps,
  run: TrialRun,
  trial: Trial,
  judged: JudgedAnswer,
): Promise<ExecutionOptions> {
  const common = testOptions(run, trial.case.name);
  const options = { ...common, metadata: { ...common.metadata, judge: true } };
  if (await deps.hasPrompt(run.tenant_id, JUDGE_PROMPT)) return { ...options, prompt: { name: JUDGE_PROMPT } };
  return {
    ...options,
    prompt: { name: NO_PROMPT_NAME },
    messages: judgeMessages(judged),
    model: deps.settings.judgeModel,
    parameters: { temperature: 0 },
  };
}

function failed(reason: string): Verdict {
  return { passed: false, score: 0, reason, isMissing: true };
}
