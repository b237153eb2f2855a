import type { BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import type { ModelTier } from "../../../src/domain/completions/model-tiers.ts";
import { PRICE_TABLE } from "../../../src/domain/completions/prices.ts";
import { percent } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { COMPLEXITIES, type Complexity } from "../../k6/lib/workload.ts";
import { SOURCE_MIX, simpleShare, sourceShares, type WorkloadShares } from "./mix.ts";
import { type Saving, savedAt } from "./savings.ts";

/** The saving in the source ("Cost Optimization Strategies", `model_routing`), as shares. */
export const TARGET = { from: 0.4, to: 0.6 };

/** One comparison of `auto` with the strong model. */
export interface RoutingComparison {
  provider: BuiltInProvider;
  models: Record<ModelTier, string>;
  /** The length of the simulated answers. */
  answers: "short" | "full";
  total: Saving;
  kinds: Record<Complexity, Saving>;
}

const ANSWERS = { short: "answers of about a hundred tokens", full: "answers as long as each prompt's max_tokens" };
const OTHER_MIXES: WorkloadShares[] = [
  { simple: 1 / 3, moderate: 1 / 3, complex: 1 / 3 },
  { simple: 0.7, moderate: 0.2, complex: 0.1 },
  { simple: 0.2, moderate: 0.3, complex: 0.5 },
];

/** The report: the workload's shares, a table and a verdict for each comparison, the method. */
export function printRouting(measured: readonly RoutingComparison[], seed: number): string {
  return [workload(measured[0]?.total.tasks ?? 0, seed), ...measured.map(comparison), METHOD].join("\n\n");
}

function workload(tasks: number, seed: number): string {
  const implied = Object.entries(SOURCE_MIX).map(([name, figures]) => `${name} ${percent(simpleShare(figures))}`);
  return [
    `Mixed workload: ${tasks} tasks, seed ${seed}; ${mix(sourceShares())}.`,
    `The source does not give the shares of its mixed workload. Its mixed figures imply these shares of simple prompts, of which the mean is taken: ${implied.join(", ")}. The rest is moderate and complex in equal parts, which is our choice.`,
    `Each prompt declares its complexity (\`metadata.complexity\`), and that decides the route: the other parts of the score do not make these prompts complex.`,
  ].join("\n");
}

function comparison({ provider, models, answers, total, kinds }: RoutingComparison): string {
  const verdict = total.saved < TARGET.from ? "below" : total.saved > TARGET.to ? "above" : "within";
  const rows = [...COMPLEXITIES.map((name) => row(name, kinds[name])), row("all", total)];
  const others = OTHER_MIXES.map((shares) => `${percent(savedAt(shares, kinds))} at ${mix(shares)}`);
  return [
    `${provider}: always ${models.strong} against auto (${models.cheap} or ${models.strong}), ${ANSWERS[answers]}`,
    table([["", "tasks", "tokens in", "tokens out", "to cheap", "strong $/1000", "auto $/1000", "saved"], ...rows]),
    `saved ${percent(total.saved)}: ${verdict} the source's ${percent(TARGET.from)} to ${percent(TARGET.to)}. The seed drew these tasks; at exactly the shares above the saving is ${percent(savedAt(sourceShares(), kinds))}, and with other shares ${others.join("; ")}.`,
  ].join("\n");
}

function row(name: string, saving: Saving): string[] {
  const perThousand = (usd: number) => (1000 * usd).toFixed(3);
  const { tasks, prompt_tokens, completion_tokens, cheap, strong_usd, auto_usd, saved } = saving;
  const tokens = [prompt_tokens, completion_tokens].map((count) => count.toFixed(0));
  return [name, `${tasks}`, ...tokens, percent(cheap), perThousand(strong_usd), perThousand(auto_usd), percent(saved)];
}

const METHOD = `Method: the same tasks go twice over POST /v1/executions without a cache, once with the strong model and once with \`auto\`. Each cost is the reply's cost_usd:
the provider's reported tokens at the list prices of ${PRICE_TABLE}, and for newer models of their pages (newer-prices.ts).
saved = 1 − Σ auto ÷ Σ strong. The provider is simulated (a token is four bytes, answers do not depend on the model), so this shows cost and not quality: whether
the cheap model's answers are good enough is for the prompt's tests and feedback to show.`;

function mix(shares: WorkloadShares): string {
  return COMPLEXITIES.map((name) => `${percent(shares[name])} ${name}`).join(", ");
}
