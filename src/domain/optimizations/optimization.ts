import type { TraceContext } from "../trace-context.ts";
import type { Run, SkippedStep, StepResult } from "../runs/run.ts";
import type { TestCase } from "../tests/test-case.ts";
import { totalCost, type TrialResult } from "../tests/test-run.ts";
import type { PromptMessages } from "./prompt-texts.ts";
import type { Level } from "./shorten-text.ts";

/** What an optimisation looks for: fewer tokens at no lower pass rate, or a higher score. */
export const GOALS = ["tokens", "score"] as const;
/** One of {@link GOALS}. */
export type Goal = (typeof GOALS)[number];

/** Where a candidate comes from. */
export type CandidateOrigin = "original" | "passes" | "fewer_examples" | "reflection";

/** Messages that may take the place of the version's. */
export interface PromptCandidate {
  origin: CandidateOrigin;
  /** The level of the fixed passes that made it. */
  level?: Level;
  messages: PromptMessages;
  /** What was done, in a few words. */
  changes: string[];
  /** The prompt tokens of the tests' inputs, as estimated; the mean. */
  estimated_tokens: number;
  /** The place of the candidate that it was made of; null for those of the version. */
  parent: number | null;
}

/** What an optimisation consists of. It never changes. */
export interface OptimizationPlan {
  /** That of the request that asked for it. */
  trace?: TraceContext;
  prompt: { name: string; version: number };
  goal: Goal;
  /** The least share of tokens to save, for the goal `tokens`. */
  min_saving: number;
  /** The largest loss of pass rate that counts as none. */
  margin: number;
  cases: TestCase[];
  /** How often each case is tried of both sides when a candidate is confirmed. */
  repeat: number;
  /** How many candidates a model proposes. */
  reflections: number;
  reflection_model: string;
  concurrency: number;
  max_cost_nanousd: number;
  /** The version itself, and what deterministic passes make of it. */
  candidates: PromptCandidate[];
  /** Declared variables that no template uses. */
  unused_variables: string[];
  /** The ids of the executions of all steps, assigned before the first one runs. */
  execution_ids: string[];
}

/** An optimisation. */
export type OptimizationRun = Run<OptimizationPlan>;

/** What lists show of an optimisation's plan. */
export interface OptimizationHead extends Pick<
  OptimizationPlan,
  "goal" | "min_saving" | "margin" | "max_cost_nanousd"
> {
  /** The version it begins with. */
  version: number;
}

/** What lists show of what an optimisation had found by its end. */
export interface OptimizationCounts {
  /** Null where a price is unknown. */
  cost_nanousd: number | null;
  /** The version that was published. */
  published: number | null;
}

/** What lists show of a plan. */
export function optimizationHead(plan: OptimizationPlan): { prompt: string; head: OptimizationHead } {
  const { prompt, goal, min_saving, margin, max_cost_nanousd } = plan;
  return { prompt: prompt.name, head: { version: prompt.version, goal, min_saving, margin, max_cost_nanousd } };
}

/** What lists show of results. */
export function optimizationCounts(results: readonly OptimizationResult[]): OptimizationCounts {
  const publication = results.find((result) => "published" in result);
  return { cost_nanousd: costOfResults(results), published: publication?.published ?? null };
}

/** What a model proposed, or why it is no candidate. */
export interface Proposal extends StepResult {
  proposal: PromptCandidate | null;
  fault: string | null;
  cost_nanousd: number | null;
}

/** Which candidate the search ended with: its place, or null where none is worth confirming. */
export interface Choice extends StepResult {
  chosen: number | null;
}

/** The version that was published, or why none was. */
export interface Publication extends StepResult {
  published: number | null;
  fault: string | null;
}

/** What is known of a step. */
export type OptimizationResult = TrialResult | SkippedStep | Proposal | Choice | Publication;

/** One step of an optimisation. */
export type OptimizationStep =
  | ({ kind: "trial"; case: TestCase; isConfirming: boolean } & OfCandidate)
  | { kind: "proposal"; position: number; parent: number; round: number }
  | { kind: "choice"; position: number; chosen: number | null }
  | ({ kind: "publication" } & OfCandidate);

/** What a step is about: a candidate by its place, 0 for the version itself, and its messages. */
interface OfCandidate {
  position: number;
  candidate: number;
  messages: PromptMessages;
}

type Sizes = Pick<OptimizationPlan, "candidates" | "cases" | "repeat" | "reflections">;

/** The most candidates of a plan, those of a model included. */
export function mostCandidates({ candidates, reflections }: Sizes): number {
  return candidates.length + reflections;
}

/** The positions of steps: the search's trials, those that confirm, proposals, and the rest. */
export function positionsOf(plan: Sizes) {
  const confirming = mostCandidates(plan) * plan.cases.length;
  const proposals = confirming + 2 * plan.cases.length * plan.repeat;
  const choice = proposals + plan.reflections;
  return { confirming, proposals, choice, publication: choice + 1 };
}

/** A candidate that is worse by the margin passes all pairs with this probability at most. */
const ERROR = 0.025;

/** The pairs without which nothing is shown, however they end: fewer may pass by chance. */
export function leastPairs(margin: number): number {
  return Math.ceil(Math.log(ERROR) / Math.log(1 - margin));
}

/** The number of executions of a plan at most, without those of rubrics. */
export function mostExecutions(plan: Sizes): number {
  return positionsOf(plan).choice;
}

/** What an optimisation cost, in nano-dollars; null where a price is unknown. */
export function costOfResults(results: readonly OptimizationResult[]): number | null {
  const costs = results.map((each) => ("cost_nanousd" in each ? each.cost_nanousd : 0));
  return totalCost(costs.map((cost_nanousd = 0) => ({ cost_nanousd })));
}

/** Whether a result is a trial's that was made. */
export function isTrial(result: OptimizationResult): result is TrialResult {
  return "checks" in result;
}
