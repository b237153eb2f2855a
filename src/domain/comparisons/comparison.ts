import type { TraceContext } from "../trace-context.ts";
import type { Run, SkippedStep, StepResult } from "../runs/run.ts";
import type { TestCase } from "../tests/test-case.ts";
import type { Trial, TrialResult } from "../tests/test-run.ts";

/** A version by a model, which is compared with others. `label`: what led to the version. */
export interface CompareSubject {
  version: number;
  label: string | null;
  /** Null for the prompt's own models. */
  model: string | null;
}

/** What a comparison consists of. It never changes. */
export interface ComparisonPlan {
  /** That of the request that asked for it. */
  trace?: TraceContext;
  prompt: string;
  subjects: CompareSubject[];
  cases: TestCase[];
  repeat: number;
  concurrency: number;
  /** How answers are judged in pairs; null where they are not. `model` null: the deployment's. */
  judge: { criteria: string; model: string | null } | null;
  /** Nano-dollars; null without a limit. */
  max_cost_nanousd: number | null;
  /** The ids of the executions of all steps, assigned before the first one runs. */
  execution_ids: string[];
}

/** A comparison. */
export type ComparisonRun = Run<ComparisonPlan>;

/** The most executions of a comparison: trials, and questions to the judge. */
export const MAX_COMPARED = 1_000;

/** A question to the judge: which of two answers to one input is better, in one order. */
export interface JudgedPair {
  position: number;
  case: TestCase;
  /** The positions of the trials that answered, in the order in which the judge sees them. */
  first: number;
  second: number;
  execution_id: string;
}

/** What a judge said of a pair in one order; `winner` is null where it said nothing. */
export interface JudgedOrder extends StepResult {
  winner: "first" | "second" | "tie" | null;
  reason: string;
  cost_nanousd: number | null;
}

/** One step of a comparison. */
export type ComparisonStep = { trial: Trial } | { pair: JudgedPair };
/** The result of a {@link ComparisonStep}. */
export type ComparisonResult = TrialResult | JudgedOrder | SkippedStep;

/** Whether a result is a judge's. */
export function isJudged(result: ComparisonResult): result is JudgedOrder {
  return "winner" in result;
}

/** Whether a result is an answer's. */
export function isAnswer(result: ComparisonResult): result is TrialResult {
  return "checks" in result;
}

/** Two subjects, by their places in the plan. */
export type SubjectPair = readonly [a: number, b: number];

/** All pairs of so many subjects. */
export function pairsOf(count: number): SubjectPair[] {
  return Array.from({ length: count }, (_, b) => Array.from({ length: b }, (_each, a) => [a, b] as const)).flat();
}

type PlanShape = Pick<ComparisonPlan, "subjects" | "cases" | "repeat"> & { judge: unknown };

/** The number of trials of a plan. */
export function comparedTrials({ subjects, cases, repeat }: PlanShape): number {
  return subjects.length * cases.length * repeat;
}

/** The number of executions of a plan, without those of rubrics. */
export function comparedSteps(plan: PlanShape): number {
  const { subjects, cases, repeat, judge } = plan;
  const judged = judge === null ? 0 : pairsOf(subjects.length).length * cases.length * repeat * 2;
  return comparedTrials(plan) + judged;
}

/** The position of a trial: what is compared with each other is next to each other. */
export function trialPosition({ subjects, repeat }: PlanShape, at: number, round: number, subject: number): number {
  return (at * repeat + round) * subjects.length + subject;
}

/**
 * The steps that have no result and can be made: trials first, and questions about answers that are
 * there. An answer that was never given is not judged.
 */
export function comparisonSteps(plan: ComparisonPlan, results: readonly ComparisonResult[]): ComparisonStep[] {
  const done = new Set(results.map(({ position }) => position));
  const trials = trialsOf(plan).filter(({ position }) => !done.has(position));
  if (trials.length > 0 || plan.judge === null) return trials.map((trial) => ({ trial }));
  const answered = new Set(results.flatMap((result) => (isAnswer(result) && hasAnswer(result) ? result.position : [])));
  const isLeft = ({ position, first, second }: JudgedPair) =>
    !done.has(position) && answered.has(first) && answered.has(second);
  return judgedPairs(plan)
    .filter(isLeft)
    .map((pair) => ({ pair }));
}

/** Whether a trial has an answer that can be judged. */
export function hasAnswer({ error, output }: TrialResult): boolean {
  return error === null && output !== null;
}

/** The characters of an answer that a judge reads of each. */
const JUDGED_CHARACTERS = 8_000;

function trialsOf(plan: ComparisonPlan): Trial[] {
  const { prompt: name, subjects, judge, execution_ids } = plan;
  const kept = judge === null ? {} : { kept: JUDGED_CHARACTERS };
  return eachRound(plan).flatMap(({ one, at, round }) =>
    subjects.map(({ version, model }, subject) => {
      const position = trialPosition(plan, at, round, subject);
      const execution_id = execution_ids[position] ?? "";
      return { position, case: one, prompt: { name, version }, model, execution_id, is_fresh: true, ...kept };
    }),
  );
}

/** The questions to the judge: each pair of answers twice, once in either order. */
export function judgedPairs(plan: ComparisonPlan): JudgedPair[] {
  let position = comparedTrials(plan);
  return eachRound(plan).flatMap(({ one, at, round }) =>
    pairsOf(plan.subjects.length).flatMap(([a, b]) => {
      const [of_a, of_b] = [a, b].map((subject) => trialPosition(plan, at, round, subject));
      const orders = [
        { first: of_a ?? 0, second: of_b ?? 0 },
        { first: of_b ?? 0, second: of_a ?? 0 },
      ];
      return orders.map((order) => {
        const execution_id = plan.execution_ids[position] ?? "";
        return { position: position++, case: one, ...order, execution_id };
      });
    }),
  );
}

/** The inputs, each as often as it is repeated. */
export function eachRound({ cases, repeat }: Pick<ComparisonPlan, "cases" | "repeat">) {
  return cases.flatMap((one, at) => Array.from({ length: repeat }, (_, round) => ({ one, at, round })));
}
