import { seededRandom } from "../comparisons/paired-interval.ts";
import { type AssessedCandidate, type AssessedOptimization, assessCandidates } from "./assess-candidates.ts";
import {
  isTrial,
  type OptimizationPlan,
  type OptimizationResult,
  type OptimizationStep,
  positionsOf,
  type PromptCandidate,
} from "./optimization.ts";

/**
 * The steps that can be made now; none once all is done. The search is that of GEPA (Agrawal et al.
 * 2025, arXiv 2507.19457) in small: every candidate is tried on each case; a model is shown one of
 * the Pareto front of tokens and score, with what its tests say, and proposes the next. The best
 * one is chosen, tried against the version anew, so that having been chosen does not flatter it,
 * and published if that shows what the goal asks for.
 */
export function optimizationSteps(plan: OptimizationPlan, results: readonly OptimizationResult[]): OptimizationStep[] {
  if (plan.cases.length === 0) return [];
  const known = assessCandidates(plan, results);
  const at = positionsOf(plan);
  const done = new Set(results.map(({ position }) => position));
  const left = (steps: OptimizationStep[]) => steps.filter(({ position }) => !done.has(position));
  if (!known.choice) {
    const isOver = results.some((result) => "skipped" in result);
    const tried = placesToTry(plan, known.candidates, isOver);
    const trials = left(tried.flatMap((place) => searchTrials(plan, known.candidates, place)));
    if (trials.length > 0) return trials;
    const round = known.proposals.length;
    if (round < plan.reflections && !isOver) return [proposalStep(at.proposals + round, round, known.candidates)];
    return [{ kind: "choice", position: at.choice, chosen: chooseCandidate(plan, known.candidates) }];
  }
  const { chosen } = known.choice;
  if (chosen === null) return [];
  const confirming = left(confirmingTrials(plan, chosen, known.candidates));
  if (confirming.length > 0) return confirming;
  if (!known.confirmation?.isShown) return [];
  const messages = known.candidates[chosen]?.messages ?? [];
  return left([{ kind: "publication", position: at.publication, candidate: chosen, messages }]);
}

/**
 * The candidates that the search has to know now. For a score these are all. For tokens the shortest
 * one comes first, and the next one only where it lost: the first that is as good is the shortest
 * one that is, so that the others need not be paid for. What a model proposed is always tried.
 */
function placesToTry(plan: OptimizationPlan, candidates: readonly AssessedCandidate[], isOver: boolean): number[] {
  const all = [...candidates.keys()];
  if (plan.goal === "score") return all;
  const proposed = all.slice(plan.candidates.length);
  if (isOver) return [0, ...proposed];
  const drafted = all.slice(1, plan.candidates.length).filter((place) => isWorthTrying(plan, candidates[place]));
  drafted.sort((a, b) => (candidates[a]?.estimated_tokens ?? 0) - (candidates[b]?.estimated_tokens ?? 0));
  const next = drafted.find((place) => !hasLost(plan, candidates[place], candidates[0]));
  return [0, ...(next === undefined ? [] : [next]), ...proposed];
}

/** Of this share of `min_saving` an estimate must be, for the billed tokens to reach it. */
const LIKELY_SHARE = 0.5;

/** What saves far too little could only be what a model begins with. */
function isWorthTrying({ min_saving, reflections, candidates }: OptimizationPlan, one?: PromptCandidate): boolean {
  const before = candidates[0]?.estimated_tokens ?? 0;
  const after = one?.estimated_tokens ?? 0;
  return reflections > 0 || (after < before && 1 - after / before >= min_saving * LIKELY_SHARE);
}

/** Whether a candidate cannot be chosen any more, whatever its other trials say. */
function hasLost({ min_saving }: OptimizationPlan, one?: AssessedCandidate, original?: AssessedCandidate): boolean {
  if (!one || !original?.isTried) return false;
  if (one.isTried) return !isAsGood(one, original) || one.saving < min_saving;
  return failuresOf(one) > failuresOf(original);
}

function failuresOf({ trials, pass_rate }: AssessedCandidate): number {
  return Math.round(trials * (1 - (pass_rate ?? 1)));
}

/** Whether a candidate passed as many tests as the version, with as high a score. */
function isAsGood(one: AssessedCandidate, original: AssessedCandidate): boolean {
  return (one.pass_rate ?? 0) >= (original.pass_rate ?? 0) && (one.score ?? 0) >= (original.score ?? 0);
}

function searchTrials(
  { cases }: OptimizationPlan,
  candidates: readonly AssessedCandidate[],
  candidate: number,
): OptimizationStep[] {
  const messages = candidates[candidate]?.messages ?? [];
  return cases.map((one, input) => {
    const position = candidate * cases.length + input;
    return { kind: "trial" as const, position, candidate, messages, case: one, isConfirming: false };
  });
}

/** Both sides of a pair are tried next to each other: what changes meanwhile changes for both. */
function confirmingTrials(
  plan: OptimizationPlan,
  chosen: number,
  candidates: readonly AssessedCandidate[],
): OptimizationStep[] {
  const { confirming } = positionsOf(plan);
  return Array.from({ length: plan.repeat }, (_, round) =>
    plan.cases.flatMap((one, input) =>
      [0, chosen].map((candidate, side) => {
        const position = confirming + (round * plan.cases.length + input) * 2 + side;
        const messages = candidates[candidate]?.messages ?? [];
        return { kind: "trial" as const, position, candidate, messages, case: one, isConfirming: true };
      }),
    ),
  ).flat();
}

function proposalStep(position: number, round: number, candidates: readonly AssessedCandidate[]): OptimizationStep {
  const front = candidates.flatMap(({ isOnFront }, place) => (isOnFront ? [place] : []));
  const parent = front[Math.floor(seededRandom(round + 1)() * front.length)] ?? 0;
  return { kind: "proposal", position, parent, round };
}

/**
 * The candidate that is worth confirming: for `tokens` the shortest that saves enough and did no
 * worse than the version, for `score` the one with the highest score above the version's.
 */
export function chooseCandidate(
  { goal, min_saving }: Pick<OptimizationPlan, "goal" | "min_saving">,
  candidates: readonly AssessedCandidate[],
): number | null {
  const [original] = candidates;
  if (!original?.isTried) return null;
  const score = original.score ?? 0;
  const worth = candidates.flatMap((each, place) => {
    if (place === 0 || !each.isTried) return [];
    const isWorth =
      goal === "tokens" ? isAsGood(each, original) && each.saving >= min_saving : (each.score ?? 0) > score;
    return isWorth ? [{ place, tokens: each.tokens, score: each.score ?? 0 }] : [];
  });
  worth.sort((a, b) => (goal === "tokens" ? a.tokens - b.tokens : b.score - a.score || a.tokens - b.tokens));
  return worth[0]?.place ?? null;
}

/** Why an optimisation that has ended published nothing. */
export function whyNothing(
  plan: OptimizationPlan,
  known: AssessedOptimization,
  results: readonly OptimizationResult[],
): string {
  const { goal, min_saving, margin, cases, max_cost_nanousd } = plan;
  if (cases.length === 0) return "The version has no tests, and nothing is published that none shows to be as good.";
  const limit = `What was left of max_cost_usd ($${max_cost_nanousd / 1e9}) did not cover the next execution`;
  const { choice, confirmation, publication } = known;
  if (publication) return publication.fault ?? "";
  if (!choice || (choice.chosen !== null && confirmation?.pairs !== confirmation?.planned && !hasAll(plan, results))) {
    return `${limit}.`;
  }
  if (choice.chosen === null) {
    const asked = goal === "tokens" ? `saves ${min_saving * 100} % without failing more tests` : "has a higher score";
    const skipped = results.some((result) => "skipped" in result) ? ` ${limit} of the search.` : "";
    return `No candidate ${asked}.${skipped}`;
  }
  if (goal === "score") return "The tests do not show that the candidate is better than the version.";
  return `The tests do not show that the candidate is at most ${margin * 100} points worse than the version.`;
}

function hasAll(plan: OptimizationPlan, results: readonly OptimizationResult[]): boolean {
  const { confirming, proposals } = positionsOf(plan);
  const made = results.filter((each) => isTrial(each) && each.position >= confirming && each.position < proposals);
  return made.length === proposals - confirming;
}
