import { toAppError } from "../../domain/errors.ts";
import type { Execution, ExecutionError } from "../../domain/executions/execution.ts";
import type { ExecutionOptions, ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import type { PromptDefinition } from "../../domain/prompts/prompt.ts";
import { type AskedAssertion, failedCheck, isAsked, type Observed } from "../../domain/tests/check.ts";
import { gradeAnswer, gradeChecks } from "../../domain/tests/test-case.ts";
import { askedId, totalCost, type Trial, type TrialResult } from "../../domain/tests/test-run.ts";
import { settleAll } from "../../lib/settle-all.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import { RunLimitReached } from "../runs/spend-within-limit.ts";
import { compareEmbeddings } from "./compare-embeddings.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { testOptions, type TrialDeps, type TrialRun } from "./test-options.ts";

/** The characters of an answer that its result keeps; the execution has all of it. */
const KEPT_OUTPUT = 1_000;

/**
 * Makes one trial: executes the prompt and grades its answer. `draft`: what is tried in place of
 * the version. A failure of the execution is the trial's and not thrown, but for
 * {@link RunLimitReached}.
 */
export async function runTrial(
  deps: TrialDeps,
  run: TrialRun,
  trial: Trial,
  draft?: PromptDefinition,
): Promise<TrialResult> {
  let execution: Execution | undefined;
  try {
    const request = { ...requestOf(run, trial), ...(draft && { draft }) };
    ({ execution } = await deps.execute.run(
      request,
      startTimings(() => deps.now()),
    ));
    return await gradeTrial(deps, run, trial, execution);
  } catch (thrown) {
    if (thrown instanceof RunLimitReached) throw thrown;
    const failed = thrown instanceof ExecutionFailed ? thrown : undefined;
    const { code, detail } = toAppError(failed?.error ?? thrown);
    return failedTrial(trial, { code, detail }, failed?.execution ?? execution);
  }
}

function requestOf({ tenant_id, key_id, ...run }: TrialRun, trial: Trial): ExecutionRequest {
  const { variables, messages } = trial.case;
  const options: ExecutionOptions = {
    ...testOptions(run, trial.case.name),
    prompt: trial.prompt,
    ...(messages && { messages }),
    ...(trial.model !== null && { model: trial.model }),
    ...(trial.is_fresh && { cache: false }),
  };
  return { tenant_id, key_id, lane: "standard", purpose: "test", variables, options, id: trial.execution_id };
}

async function gradeTrial(deps: TrialDeps, run: TrialRun, trial: Trial, execution: Execution): Promise<TrialResult> {
  const { assertions, threshold } = trial.case;
  const observed: Observed = {
    output: execution.output ?? "",
    tool_calls: execution.tool_calls ?? [],
    finish_reason: execution.finish_reason,
    latency_ms: execution.latency_ms,
    cost_nanousd: execution.cost_nanousd,
    tokens: execution.prompt_tokens + execution.completion_tokens,
  };
  const { output } = observed;
  const ask = async (assertion: AskedAssertion, id: string) => {
    const { type, value, model = "" } = assertion;
    if (type === "llm_rubric") return judgeAnswer(deps, run, trial, { id, criteria: value, output });
    return compareEmbeddings(deps, run, trial, { id, model, expected: value, output });
  };
  // All at once: a trial has to end within its worker's time, however many rubrics it has. Where
  // the money fails for one, what the others pay and give back is still to be waited for.
  const judged = await settleAll(
    assertions.map(async (each, at) => (isAsked(each) ? ask(each, askedId(trial, at)) : null)),
  );
  const verdicts = judged.map((each) => each?.verdict);
  const cost_nanousd = totalCost([execution, ...judged.filter((each) => each !== null)]);
  const grade = gradeAnswer({ assertions, threshold }, observed, verdicts);
  const isBroken = judged.some((each) => each?.is_broken === true);
  return {
    ...grade,
    ...factsOf(trial, execution),
    error: null,
    cost_nanousd,
    ...(isBroken && { is_unjudged: true as const }),
  };
}

function failedTrial(trial: Trial, error: ExecutionError, execution: Execution | undefined): TrialResult {
  return { ...gradeChecks([failedCheck("execution", error.detail)]), ...factsOf(trial, execution), error };
}

/** What stands for a trial that a run's money did not reach for, of which so much was paid. */
export function skippedTrial(trial: Trial, paid: number): TrialResult {
  const error = { code: "budget_exceeded", detail: new RunLimitReached().message } as const;
  return { ...failedTrial(trial, error, undefined), cost_nanousd: paid, skipped: true };
}

function factsOf({ position, kept = KEPT_OUTPUT }: Trial, execution: Execution | undefined) {
  return {
    position,
    output: execution?.output?.slice(0, kept).toWellFormed() ?? null,
    execution_id: execution?.id ?? null,
    cost_nanousd: execution ? execution.cost_nanousd : 0,
    latency_ms: execution?.latency_ms ?? 0,
    tokens: execution ? execution.prompt_tokens + execution.completion_tokens : 0,
    prompt_tokens: execution?.prompt_tokens ?? 0,
  };
}
