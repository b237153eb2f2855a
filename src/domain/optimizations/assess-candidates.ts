import { type Interval, meanOf, pairedInterval } from "../comparisons/paired-interval.ts";
import type { TrialResult } from "../tests/test-run.ts";
import {
  type Choice,
  isTrial,
  leastPairs,
  type OptimizationPlan,
  type OptimizationResult,
  positionsOf,
  type PromptCandidate,
  type Proposal,
  type Publication,
} from "./optimization.ts";

/** How a candidate did. Its tokens are the mean of its prompts, as billed, or else as estimated. */
export interface AssessedCandidate extends PromptCandidate {
  tokens: number;
  /** The share of tokens that it saves; below 0 where it is longer. */
  saving: number;
  trials: number;
  /** Whether it was tried on every case. */
  isTried: boolean;
  pass_rate: number | null;
  score: number | null;
  /** Whether no other one has both fewer tokens and a higher score. */
  isOnFront: boolean;
}

/** What the trials say that confirm a candidate: it less the version, pair by pair. */
export interface Confirmation {
  pairs: number;
  planned: number;
  /** The version's and the candidate's. */
  pass_rates: [number, number];
  difference: number;
  interval: Interval | null;
  /** Whether the interval shows what the goal asks for. */
  isShown: boolean;
}

/** What an optimisation knows. */
export interface AssessedOptimization {
  candidates: AssessedCandidate[];
  proposals: Proposal[];
  choice: Choice | undefined;
  confirmation: Confirmation | null;
  publication: Publication | undefined;
}

/** Assesses the candidates by the results so far. */
export function assessCandidates(plan: OptimizationPlan, results: readonly OptimizationResult[]): AssessedOptimization {
  const at = positionsOf(plan);
  const proposals = results.filter((result): result is Proposal => "proposal" in result);
  const proposed = proposals.flatMap(({ proposal }) => proposal ?? []);
  const trials = new Map(results.filter(isTrial).map((result) => [result.position, result]));
  const tried = [...plan.candidates, ...proposed].map((candidate, place) => {
    const own = plan.cases.flatMap((_, input) => trials.get(place * plan.cases.length + input) ?? []);
    return { candidate, own };
  });
  const original = tokensOf(tried[0]);
  const assessed = tried.map(({ candidate, own }): AssessedCandidate => {
    const tokens = tokensOf({ candidate, own });
    return {
      ...candidate,
      tokens,
      saving: original === 0 ? 0 : 1 - tokens / original,
      trials: own.length,
      isTried: own.length === plan.cases.length && own.length > 0,
      pass_rate: own.length === 0 ? null : meanOf(own.map(({ passed }) => Number(passed))),
      score: own.length === 0 ? null : meanOf(own.map(({ score }) => score)),
      isOnFront: false,
    };
  });
  return {
    candidates: assessed.map((each) => ({ ...each, isOnFront: isOnFront(each, assessed) })),
    proposals,
    choice: results.find((result): result is Choice => "chosen" in result),
    confirmation: confirmationOf(plan, trials, at.confirming),
    publication: results.find((result): result is Publication => "published" in result),
  };
}

function tokensOf(tried: { candidate: PromptCandidate; own: TrialResult[] } | undefined): number {
  if (!tried) return 0;
  const billed = tried.own.map(({ prompt_tokens }) => prompt_tokens ?? 0);
  return billed.length > 0 && billed.every((tokens) => tokens > 0) ? meanOf(billed) : tried.candidate.estimated_tokens;
}

/** The Pareto front of tokens and score, among those that were tried on every case. */
function isOnFront(one: AssessedCandidate, all: readonly AssessedCandidate[]): boolean {
  if (!one.isTried) return false;
  const score = one.score ?? 0;
  return !all.some((other) => {
    if (!other.isTried || other.score === null) return false;
    const isNoWorse = other.tokens <= one.tokens && other.score >= score;
    return isNoWorse && (other.tokens < one.tokens || other.score > score);
  });
}

/** Too few pairs say nothing: the version failed to answer the others. */
const LEAST_SHARE = 0.5;

function confirmationOf(
  { goal, margin, cases, repeat }: OptimizationPlan,
  trials: ReadonlyMap<number, TrialResult>,
  from: number,
): Confirmation | null {
  const planned = cases.length * repeat;
  const pairs = Array.from({ length: planned }, (_, pair) => {
    const [original, candidate] = [trials.get(from + 2 * pair), trials.get(from + 2 * pair + 1)];
    // An error of the version says nothing about it; one of the candidate counts against it.
    return original && candidate && original.error === null ? [{ original, candidate }] : [];
  }).flat();
  if (pairs.length === 0) return null;
  const valueOf = ({ passed, score }: TrialResult) => (goal === "tokens" ? Number(passed) : score);
  const differences = pairs.map(({ original, candidate }) => valueOf(candidate) - valueOf(original));
  const rateOf = (side: "original" | "candidate") => meanOf(pairs.map((pair) => Number(pair[side].passed)));
  const [before, after] = [rateOf("original"), rateOf("candidate")];
  const interval = pairedInterval(differences, { bound: 1 });
  const isEnough = pairs.length >= Math.max(planned * LEAST_SHARE, goal === "tokens" ? leastPairs(margin) : 0);
  // Tests that the version fails cannot show that another one is no worse.
  const isShown = goal === "tokens" ? before > margin && isAtLeast(interval, -margin) : isAbove(interval, 0);
  return {
    pairs: pairs.length,
    planned,
    pass_rates: [before, after],
    difference: meanOf(differences),
    interval,
    isShown: isEnough && isShown,
  };
}

const isAtLeast = (interval: Interval | null, bound: number): boolean => interval !== null && interval[0] >= bound;
const isAbove = (interval: Interval | null, bound: number): boolean => interval !== null && interval[0] > bound;
