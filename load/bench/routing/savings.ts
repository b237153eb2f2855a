import { COMPLEXITIES, type Complexity } from "../../k6/lib/workload.ts";
import type { Shares } from "./mix.ts";

/** What the runtime replied to one task: the money is its own, at list prices. */
export interface Answered {
  complexity: Complexity;
  model: string;
  /** What `auto` chose; null where the model was named. */
  choice: "cheap" | "strong" | null;
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: number;
}

/** What the same tasks cost always at the strong model and under `auto`. Costs in USD for one task on average, `saved` as a share. */
export interface Saving {
  tasks: number;
  prompt_tokens: number;
  completion_tokens: number;
  strong_usd: number;
  auto_usd: number;
  saved: number;
  /** The share of tasks that `auto` gave to the cheap model. */
  cheap: number;
}

/** Compares two runs of the same tasks. Throws where they are not of the same tasks. */
export function compare(strong: readonly Answered[], auto: readonly Answered[]): Saving {
  const same = strong.length === auto.length && strong.every((one, at) => one.complexity === auto[at]?.complexity);
  if (!same) throw new Error("the two runs are not of the same tasks");
  const mean = (of: (one: Answered) => number, run = auto) => run.reduce((sum, one) => sum + of(one), 0) / run.length;
  const strong_usd = mean((one) => one.cost_usd, strong);
  const auto_usd = mean((one) => one.cost_usd);
  return {
    tasks: auto.length,
    prompt_tokens: mean((one) => one.prompt_tokens),
    completion_tokens: mean((one) => one.completion_tokens),
    strong_usd,
    auto_usd,
    saved: 1 - auto_usd / strong_usd,
    cheap: mean((one) => (one.choice === "cheap" ? 1 : 0)),
  };
}

/** The comparison for each kind of prompt alone. */
export function byComplexity(strong: readonly Answered[], auto: readonly Answered[]): Record<Complexity, Saving> {
  const of = (run: readonly Answered[], complexity: Complexity) => run.filter((one) => one.complexity === complexity);
  const savings = COMPLEXITIES.map((one) => [one, compare(of(strong, one), of(auto, one))] as const);
  return Object.fromEntries(savings) as Record<Complexity, Saving>;
}

/** What a workload of other shares would save, from the measured mean costs of each kind. */
export function savedAt(shares: Shares, savings: Record<Complexity, Saving>): number {
  const cost = (of: "strong_usd" | "auto_usd") =>
    COMPLEXITIES.reduce((sum, complexity) => sum + shares[complexity] * savings[complexity][of], 0);
  return 1 - cost("auto_usd") / cost("strong_usd");
}
