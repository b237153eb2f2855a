import { wilsonInterval } from "../tests/statistics.ts";
import { totalCost, type TrialResult } from "../tests/test-run.ts";
import {
  type ComparisonPlan,
  type ComparisonResult,
  type CompareSubject,
  comparedSteps,
  comparedTrials,
  eachRound,
  hasAnswer,
  isAnswer,
  isJudged,
  judgedPairs,
  type JudgedOrder,
  pairsOf,
  trialPosition,
} from "./comparison.ts";
import { type Interval, meanOf, pairedInterval } from "./paired-interval.ts";

/** How a subject did. Costs in nano-dollars, null where a price is unknown; latencies in ms. */
export interface SubjectSummary extends CompareSubject {
  trials: number;
  failed: number;
  pass_rate: number | null;
  /** 95 % of the pass rate. */
  interval: Interval;
  score: number | null;
  cost_nanousd: number | null;
  latency_ms: number | null;
  tokens: number | null;
}

/** A mean difference, the first subject less the second, and its 95 % interval. */
export interface Difference {
  difference: number | null;
  interval: Interval | null;
}

/** Who is better, where an interval says so. */
export type ComparisonVerdict = "a" | "b" | null;

/**
 * How two subjects did on the same inputs. `wins` counts answers: by the judge, or else by score.
 * `preference` is the share of wins of the first less that of the second; null without a judge.
 */
export interface PairSummary {
  a: number;
  b: number;
  wins: { a: number; b: number; ties: number };
  preference: Difference | null;
  score: Difference;
  cost_nanousd: Difference;
  latency_ms: Difference;
  tokens: Difference;
  verdict: ComparisonVerdict;
}

/** An answer, as it stands beside others. */
export type ComparedAnswer = TrialResult & { subject: number };

/** What a comparison found so far. */
export interface ComparisonSummary {
  /** Executions without those of rubrics, and how many of them have ended. */
  total: number;
  done: number;
  cost_nanousd: number | null;
  subjects: SubjectSummary[];
  pairs: PairSummary[];
  /** The answers to each input, round by round. */
  inputs: { name: string; round: number; answers: ComparedAnswer[] }[];
}

/** What lists show of a comparison's plan. */
export interface ComparisonHead extends Pick<ComparisonPlan, "subjects" | "repeat" | "max_cost_nanousd"> {
  /** The number of its inputs. */
  inputs: number;
  /** Whether a model compares the answers. */
  judged: boolean;
  /** Its executions, without those of rubrics. */
  total: number;
}

/** What lists show of what a comparison had found by its end. */
export interface ComparisonCounts extends Pick<ComparisonSummary, "total" | "done" | "cost_nanousd"> {
  subjects: Pick<SubjectSummary, "pass_rate" | "score">[];
  pairs: Pick<PairSummary, "a" | "b" | "verdict">[];
}

/** What lists show of a plan. */
export function comparisonHead(plan: ComparisonPlan): { prompt: string; head: ComparisonHead } {
  const { prompt, subjects, repeat, max_cost_nanousd, cases, judge } = plan;
  const head = { subjects, repeat, max_cost_nanousd, inputs: cases.length, judged: judge !== null };
  return { prompt, head: { ...head, total: comparedSteps(plan) } };
}

/** What lists show of a summary. */
export function comparisonCounts({ total, done, cost_nanousd, subjects, pairs }: ComparisonSummary): ComparisonCounts {
  return {
    total,
    done,
    cost_nanousd,
    subjects: subjects.map(({ pass_rate, score }) => ({ pass_rate, score })),
    pairs: pairs.map(({ a, b, verdict }) => ({ a, b, verdict })),
  };
}

/**
 * Sums a comparison up. `hasCompleted`: it ended by itself. Verdicts need that, and all results:
 * one whose money did not reach has some of its inputs only.
 */
export function summarizeComparison(
  plan: ComparisonPlan,
  results: readonly ComparisonResult[],
  hasCompleted: boolean,
): ComparisonSummary {
  const { subjects } = plan;
  const trials = new Map<number, TrialResult>();
  const judged = new Map<number, JudgedOrder>();
  for (const result of results) {
    if (isJudged(result)) judged.set(result.position, result);
    else if (isAnswer(result)) trials.set(result.position, result);
  }
  const sides = sidesOf(plan, trials);
  const preferences = preferencesOf(plan, trials, judged);
  const total = comparedSteps(plan) - (plan.judge === null ? 0 : unjudged(plan, trials));
  const done = trials.size + judged.size;
  const isWhole = hasCompleted && done === total;
  return {
    total,
    done,
    cost_nanousd: totalCost(results.map(({ cost_nanousd = 0 }) => ({ cost_nanousd }))),
    subjects: subjects.map((subject, at) => ({ ...subject, ...summaryOf(sides.flatMap((side) => side[at] ?? [])) })),
    pairs: pairsOf(subjects.length).map(([a, b], at) => {
      const both = sides.map((side) => [side[a], side[b]] as const);
      const preferred = preferences?.map((each) => each[at]);
      return { a, b, ...pairSummary(plan, both, preferred, isWhole) };
    }),
    inputs: eachRound(plan).map(({ one, round }, at) => ({
      name: one.name,
      round,
      answers: (sides[at] ?? []).flatMap((result, subject) => (result ? { ...result, subject } : [])),
    })),
  };
}

type Side = (TrialResult | undefined)[];

/** The answers of all subjects to each input in each round. */
function sidesOf(plan: ComparisonPlan, trials: ReadonlyMap<number, TrialResult>): Side[] {
  return eachRound(plan).map(({ at, round }) =>
    plan.subjects.map((_, subject) => trials.get(trialPosition(plan, at, round, subject))),
  );
}

/** The questions that nobody asks, because an answer is missing and all trials have ended. */
function unjudged(plan: ComparisonPlan, trials: ReadonlyMap<number, TrialResult>): number {
  if (trials.size < comparedTrials(plan)) return 0;
  return judgedPairs(plan).filter((pair) => !isAnswered(trials, pair)).length;
}

function isAnswered(trials: ReadonlyMap<number, TrialResult>, { first, second }: { first: number; second: number }) {
  return [first, second].every((position) => {
    const trial = trials.get(position);
    return trial !== undefined && hasAnswer(trial);
  });
}

/**
 * By input and round, by pair: 1 where the first subject won in both orders, -1 where the second
 * did, 0 where the judge took neither or changed with the order, undefined where it said nothing.
 * An answer beats one that failed.
 */
function preferencesOf(
  plan: ComparisonPlan,
  trials: ReadonlyMap<number, TrialResult>,
  judged: ReadonlyMap<number, JudgedOrder>,
): (number | undefined)[][] | undefined {
  if (plan.judge === null) return undefined;
  const questions = judgedPairs(plan);
  const pairs = pairsOf(plan.subjects.length).length;
  return eachRound(plan).map((_, input) =>
    Array.from({ length: pairs }, (_pair, pair) => {
      const at = (input * pairs + pair) * 2;
      const [there, back] = [questions[at], questions[at + 1]];
      if (!there || !back) return undefined;
      const [a, b] = [trials.get(there.first), trials.get(there.second)];
      if (!a || !b) return undefined;
      if (!isAnswered(trials, there)) return Number(hasAnswer(a)) - Number(hasAnswer(b));
      const [one, other] = [judged.get(there.position)?.winner, judged.get(back.position)?.winner];
      if (!one || !other) return undefined;
      if (one === "first" && other === "second") return 1;
      return one === "second" && other === "first" ? -1 : 0;
    }),
  );
}

function summaryOf(trials: readonly TrialResult[]): Omit<SubjectSummary, keyof CompareSubject> {
  const passed = trials.filter((each) => each.passed).length;
  const of = (value: (trial: TrialResult) => number) => (trials.length === 0 ? null : meanOf(trials.map(value)));
  return {
    trials: trials.length,
    failed: trials.filter(({ error }) => error !== null).length,
    pass_rate: trials.length === 0 ? null : passed / trials.length,
    interval: wilsonInterval(passed, trials.length),
    score: of(({ score }) => score),
    cost_nanousd: totalCost(trials),
    latency_ms: of(({ latency_ms }) => latency_ms),
    tokens: of(({ tokens = 0 }) => tokens),
  };
}

function pairSummary(
  { cases, repeat }: ComparisonPlan,
  both: readonly (readonly [TrialResult | undefined, TrialResult | undefined])[],
  preferred: readonly (number | undefined)[] | undefined,
  isWhole: boolean,
): Omit<PairSummary, "a" | "b"> {
  /**
   * One difference for each input: the mean of its rounds, because they share what is hard about
   * it.
   */
  const differing = (of: (at: number) => number | undefined, bound?: number): Difference => {
    const differences = cases.flatMap((_, input) => {
      const rounds = Array.from({ length: repeat }, (_round, round) => of(input * repeat + round));
      const known = rounds.filter((value) => value !== undefined);
      return known.length === 0 ? [] : meanOf(known);
    });
    const difference = differences.length === 0 ? null : meanOf(differences);
    return { difference, interval: pairedInterval(differences, { bound }) };
  };
  const of = (value: (trial: TrialResult) => number | null | undefined, bound?: number) =>
    differing((at) => {
      const [a, b] = (both[at] ?? []).map((trial) => (trial ? (value(trial) ?? undefined) : undefined));
      return a === undefined || b === undefined ? undefined : a - b;
    }, bound);
  const score = of((trial) => trial.score, 1);
  const preference = preferred ? differing((at) => preferred[at], 1) : null;
  return {
    wins: winsOf(preferred ?? both.map(([a, b]) => (a && b ? Math.sign(a.score - b.score) : undefined))),
    preference,
    score,
    cost_nanousd: of(({ cost_nanousd }) => cost_nanousd),
    latency_ms: of(({ latency_ms }) => latency_ms),
    tokens: of(({ tokens }) => tokens),
    verdict: isWhole ? verdictOf((preference ?? score).interval) : null,
  };
}

function winsOf(outcomes: readonly (number | undefined)[]): PairSummary["wins"] {
  const count = (sign: number) => outcomes.filter((each) => each === sign).length;
  return { a: count(1), b: count(-1), ties: count(0) };
}

function verdictOf(interval: Interval | null): ComparisonVerdict {
  if (interval === null || (interval[0] <= 0 && interval[1] >= 0)) return null;
  return interval[0] > 0 ? "a" : "b";
}
