import type { TraceContext } from "../trace-context.ts";
import type { ErrorCode } from "../errors.ts";
import { laterId } from "../id.ts";
import type { Run, RunStatus, StepResult } from "../runs/run.ts";
import { type Check, isAsked } from "./check.ts";
import { passHatK, wilsonInterval } from "./statistics.ts";
import { isMeasured, type TestCase } from "./test-case.ts";

/** What a run consists of: each case by each model, some times over. It never changes. */
export interface TestPlan {
  /** That of the request that asked for it. */
  trace?: TraceContext;
  prompt: { name: string; version: number };
  cases: TestCase[];
  /** The models in place of the prompt's own; null stands for those. */
  models: (string | null)[];
  repeat: number;
  /** Trials at a time. */
  concurrency: number;
  /** The ids of the trials' executions, assigned before the first one runs. */
  execution_ids: string[];
  /** The most that the run may cost, its judges included, nano-dollars; absent without a limit. */
  max_cost_nanousd?: number;
  /**
   * What the results of each case by each model depend on, as digests, by which later runs find
   * them. Absent in runs of older versions.
   */
  input_hashes?: string[];
}

/** The most trials of a run. */
export const MAX_TRIALS = 1_000;

/** The number of trials of a plan. */
export function trialCount({ cases, models, repeat }: Pick<TestPlan, "cases" | "models" | "repeat">): number {
  return cases.length * models.length * repeat;
}

/** One case by one model, once. Trials are numbered so that repetitions follow each other. */
export interface Trial {
  position: number;
  case: TestCase;
  prompt: { name: string; version: number };
  model: string | null;
  execution_id: string;
  /**
   * Whether a stored answer may not be used: it would repeat another trial's, or what it took is
   * measured.
   */
  is_fresh: boolean;
  /** The characters of the answer that its result keeps, where they are more than usual. */
  kept?: number;
}

/** The id of the execution that one of a trial's assertions asks for, by its place in the case. */
export function askedId({ execution_id }: Pick<Trial, "execution_id">, assertion: number): string {
  return laterId(execution_id, 1 + assertion);
}

/** The ids of the executions that a trial makes at most: its own, and those of its assertions. */
export function executionsOf(trial: Pick<Trial, "execution_id" | "case">): string[] {
  const asked = trial.case.assertions.flatMap((each, at) => (isAsked(each) ? [askedId(trial, at)] : []));
  return [trial.execution_id, ...asked];
}

/** The trials of a plan in their order. */
export function trialsOf({ prompt, cases, models, repeat, execution_ids }: TestPlan): Trial[] {
  const each = cases.flatMap((one) => models.map((model) => ({ case: one, model })));
  return execution_ids.map((execution_id, position) => {
    const of = each[Math.floor(position / repeat)];
    if (!of) throw new RangeError("a plan with more executions than trials");
    return { ...of, prompt, position, execution_id, is_fresh: repeat > 1 || isMeasured(of.case) };
  });
}

/**
 * How one trial ended. Money in nano-dollars, the judge's included; null where no price is known.
 */
export interface TrialResult extends StepResult {
  passed: boolean;
  score: number;
  checks: Check[];
  /** The beginning of the answer; null where there was none. */
  output: string | null;
  /** Null where no execution began. */
  execution_id: string | null;
  error: { code: ErrorCode; detail: string } | null;
  cost_nanousd: number | null;
  latency_ms: number;
  /** The execution's, without the judge's; absent in results of older versions. */
  tokens?: number;
  /** Those of them that are the prompt's; absent in results of older versions. */
  prompt_tokens?: number;
  /** Whether a judge that was asked failed: the result says little then, and is not reused. */
  is_unjudged?: true;
  /** What it depends on, as a digest, where later runs may reuse it. */
  input_hash?: string;
  /**
   * The run's money did not reach for all of it, and `cost_nanousd` was paid all the same. It counts
   * as no trial; older versions read one that failed.
   */
  skipped?: true;
  /** The run whose result this is, where nothing was executed. Its cost is 0 here. */
  reused_from?: string;
}

/** A stored trial, by its run and position, that stands for one of a new run. */
export interface ReusedTrial {
  run_id: string;
  position: number;
  /** Its position in the new run. */
  as: number;
}

/** A test run. */
export type TestRun = Run<TestPlan>;

/** One case by one model: how its trials went, and one of them to look at. */
export interface TestOutcome {
  test: string;
  model: string | null;
  weight: number;
  repeats: number;
  /** Whether every trial passed. */
  passed: boolean;
  /** Whether some trials passed and others did not. */
  flaky: boolean;
  pass_rate: number;
  /** Trials whose execution failed. */
  unanswered: number;
  /** 95 % of the pass rate. */
  interval: [number, number];
  scores: number[];
  /** The first trial that failed, or else the first. */
  shown: TrialResult;
  latency_ms: number;
}

/** What a run counted so far. */
export interface TestCounts {
  /** Cases by models. */
  total: number;
  passed: number;
  failed: number;
  flaky: number;
  /** The share of the trials that passed, and its 95 % interval. Null before the first one. */
  pass_rate: number | null;
  interval: [number, number];
  /** The chance that k trials of a case all pass, for k = 1, 2, … up to `repeat`. */
  pass_hat_k: number[];
  /** The weighted mean of the scores; null before the first one. */
  score: number | null;
  cost_nanousd: number | null;
}

/** What a run found so far. */
export interface TestSummary extends TestCounts {
  outcomes: TestOutcome[];
}

/** A run in a list. The counts are those at its end; null before it, and where none were kept. */
export interface ListedTestRun extends Pick<TestRun, "id" | "status" | "created_at" | "ended_at"> {
  prompt: TestPlan["prompt"];
  counts: TestCounts | null;
}

/** How far a run has come: its trials that ended, and what they cost so far. */
export interface TestProgress {
  status: RunStatus;
  ended: number;
  passed: number;
  cost_nanousd: number | null;
}

/** Sums up the results of a run, which come in the order of their trials. */
export function summarizeRun(plan: TestPlan, all: readonly TrialResult[]): TestSummary {
  const results = all.filter(({ skipped }) => !skipped);
  const { repeat, models, cases } = plan;
  const groups = Map.groupBy(results, ({ position }) => Math.floor(position / repeat));
  const outcomes = [...groups].flatMap(([at, trials]) => {
    const one = cases[Math.floor(at / models.length)];
    return one ? [outcomeOf(one, models[at % models.length] ?? null, trials)] : [];
  });
  const passed = outcomes.filter((each) => each.passed).length;
  const good = results.filter((each) => each.passed).length;
  const weight = outcomes.reduce((sum, each) => sum + each.weight, 0);
  const score = outcomes.reduce((sum, each) => sum + each.weight * mean(each.scores), 0);
  return {
    total: cases.length * models.length,
    passed,
    failed: outcomes.length - passed,
    flaky: outcomes.filter((each) => each.flaky).length,
    pass_rate: results.length === 0 ? null : good / results.length,
    interval: wilsonInterval(good, results.length),
    pass_hat_k: estimates(outcomes, repeat),
    score: weight === 0 ? null : score / weight,
    cost_nanousd: totalCost(all),
    outcomes,
  };
}

/** What some calls cost together, in nano-dollars; null where the price of one is not known. */
export function totalCost(calls: readonly { cost_nanousd: number | null }[]): number | null {
  let total = 0;
  for (const { cost_nanousd } of calls) {
    if (cost_nanousd === null) return null;
    total += cost_nanousd;
  }
  return total;
}

function outcomeOf({ name, weight }: TestCase, model: string | null, trials: readonly TrialResult[]): TestOutcome {
  const passes = trials.filter((each) => each.passed).length;
  const shown = trials.find((each) => !each.passed) ?? trials[0];
  if (!shown) throw new RangeError("an outcome without trials");
  return {
    test: name,
    model,
    weight,
    repeats: trials.length,
    passed: passes === trials.length,
    flaky: passes > 0 && passes < trials.length,
    pass_rate: passes / trials.length,
    unanswered: trials.filter(({ error }) => error !== null).length,
    interval: wilsonInterval(passes, trials.length),
    scores: trials.map(({ score }) => score),
    shown,
    latency_ms: mean(trials.map(({ latency_ms }) => latency_ms)),
  };
}

/** Over the cases that have all of their trials, because fewer cannot say it of more. */
function estimates(outcomes: readonly TestOutcome[], repeat: number): number[] {
  const whole = outcomes.filter(({ repeats }) => repeats === repeat);
  if (whole.length === 0) return [];
  return Array.from({ length: repeat }, (_, at) =>
    mean(whole.map(({ pass_rate }) => passHatK(Math.round(pass_rate * repeat), repeat, at + 1))),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
