import { COMPLEXITIES, type Complexity } from "../../k6/lib/workload.ts";
import type { WorkloadShares } from "./mix.ts";

/** The runtime's reply to one task, with its cost at list prices. */
export interface PricedAnswer {
  complexity: Complexity;
  model: string;
  /** The tier that `auto` chose; null where the request named the model. */
  choice: "cheap" | "strong" | null;
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: number;
}

/** The same tasks with the strong model and with `auto`. All figures are means of one task. */
export interface Saving {
  tasks: number;
  prompt_tokens: number;
  completion_tokens: number;
  strong_usd: number;
  auto_usd: number;
  /** The share of the strong model's cost that `auto` saves. */
  saved: number;
  /** The share of tasks that `auto` gave to the cheap model. */
  cheap: number;
}

/** Compares two runs of the same tasks. Throws where the tasks differ. */
export function compareRuns(strong: readonly PricedAnswer[], auto: readonly PricedAnswer[]): Saving {
  const same = strong.length === auto.length && strong.every((one, at) => one.complexity === auto[at]?.complexity);
  if (!same) throw new Error("the two runs are not of the same tasks");
  const mean = (figure: (answer: PricedAnswer) => number, answers = auto) =>
    answers.reduce((sum, answer) => sum + figure(answer), 0) / answers.length;
  const strong_usd = mean((answer) => answer.cost_usd, strong);
  const auto_usd = mean((answer) => answer.cost_usd);
  return {
    tasks: auto.length,
    prompt_tokens: mean((answer) => answer.prompt_tokens),
    completion_tokens: mean((answer) => answer.completion_tokens),
    strong_usd,
    auto_usd,
    saved: 1 - auto_usd / strong_usd,
    cheap: mean((answer) => (answer.choice === "cheap" ? 1 : 0)),
  };
}

/** The comparison for the tasks of each complexity. */
export function savingsByComplexity(strong: readonly PricedAnswer[], auto: readonly PricedAnswer[]) {
  const only = (answers: readonly PricedAnswer[], complexity: Complexity) =>
    answers.filter((answer) => answer.complexity === complexity);
  const savings = COMPLEXITIES.map((each) => [each, compareRuns(only(strong, each), only(auto, each))] as const);
  return Object.fromEntries(savings) as Record<Complexity, Saving>;
}

/** The saving of a workload with other shares, from the measured mean cost of each complexity. */
export function savedAt(shares: WorkloadShares, savings: Record<Complexity, Saving>): number {
  const cost = (figure: "strong_usd" | "auto_usd") =>
    COMPLEXITIES.reduce((sum, complexity) => sum + shares[complexity] * savings[complexity][figure], 0);
  return 1 - cost("auto_usd") / cost("strong_usd");
}
