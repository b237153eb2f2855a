import type { ProviderName } from "../../../src/domain/completions/completion.ts";
import type { ModelTier } from "../../../src/domain/completions/model-tiers.ts";
import { NEWER_TABLE } from "../../../src/domain/usage/newer-prices.ts";
import { PRICE_TABLE } from "../../../src/domain/usage/prices.ts";
import { table } from "../../harness/table.ts";
import { COMPLEXITIES, type Complexity } from "../../k6/lib/workload.ts";
import { SOURCE_MIX, type Shares, simpleShare, sourceShares } from "./mix.ts";
import { type Saving, savedAt } from "./savings.ts";

/** The saving that the source names ("Cost Optimization Strategies", `model_routing`), as shares. */
export const TARGET = { from: 0.4, to: 0.6 };

/** One comparison: a provider's pair of models, and how long the simulated answers were. */
export interface Measured {
  provider: ProviderName;
  models: Record<ModelTier, string>;
  answers: "short" | "full";
  total: Saving;
  kinds: Record<Complexity, Saving>;
}

const ANSWERS = { short: "answers of about a hundred tokens", full: "answers as long as each prompt's max_tokens" };
const OTHER_MIXES: Shares[] = [
  { simple: 1 / 3, moderate: 1 / 3, complex: 1 / 3 },
  { simple: 0.7, moderate: 0.2, complex: 0.1 },
  { simple: 0.2, moderate: 0.3, complex: 0.5 },
];

/** The report: how the workload is composed, each comparison as a table, the verdict, and how it was computed. */
export function printRouting(measured: readonly Measured[], seed: number): string {
  return [workload(measured[0]?.total.tasks ?? 0, seed), ...measured.map(comparison), METHOD].join("\n\n");
}

function workload(tasks: number, seed: number): string {
  const implied = Object.entries(SOURCE_MIX).map(([name, figures]) => `${name} ${percent(simpleShare(figures))}`);
  return [
    `Mixed workload: ${tasks} tasks, seed ${seed}; ${mix(sourceShares())}.`,
    `The source gives no shares; its mixed figures lie between simple and complex at a simple share of ${implied.join(", ")}: their mean is taken. The rest is moderate and complex in equal parts, which is our choice.`,
    `Each prompt declares its kind (\`metadata.complexity\`), which decides here: the score's other parts do not make these prompts hard.`,
  ].join("\n");
}

function comparison({ provider, models, answers, total, kinds }: Measured): string {
  const verdict = total.saved < TARGET.from ? "below" : total.saved > TARGET.to ? "above" : "within";
  const rows = [...COMPLEXITIES.map((name) => row(name, kinds[name])), row("all", total)];
  const others = OTHER_MIXES.map((shares) => `${percent(savedAt(shares, kinds))} at ${mix(shares)}`);
  return [
    `${provider}: always ${models.strong} against auto (${models.cheap} or ${models.strong}), ${ANSWERS[answers]}`,
    table([["", "tasks", "tokens in", "tokens out", "to cheap", "strong $/1000", "auto $/1000", "saved"], ...rows]),
    `saved ${percent(total.saved)}: ${verdict} the source's ${percent(TARGET.from)} to ${percent(TARGET.to)}. ${percent(savedAt(sourceShares(), kinds))} at exactly the shares above, of which the seed drew these tasks; ${others.join("; ")}.`,
  ].join("\n");
}

function row(name: string, saving: Saving): string[] {
  const perThousand = (usd: number) => (1000 * usd).toFixed(3);
  const { tasks, prompt_tokens, completion_tokens, cheap, strong_usd, auto_usd, saved } = saving;
  const tokens = [prompt_tokens, completion_tokens].map((count) => count.toFixed(0));
  return [name, `${tasks}`, ...tokens, percent(cheap), perThousand(strong_usd), perThousand(auto_usd), percent(saved)];
}

const METHOD = `How: the same tasks twice over POST /v1/executions, once with \`model\` the strong one, once \`auto\`, no cache. Each cost is the reply's cost_usd: the provider's
reported tokens at the list prices of ${PRICE_TABLE}, and for a model that came
later, of ${NEWER_TABLE}. saved = 1 − Σ auto ÷ Σ strong. The provider is simulated (a token is four bytes, answers do
not depend on the model), so this shows cost, not quality; whether the cheap answers do is for the prompt's tests and its feedback to say.`;

function mix(shares: Shares): string {
  return COMPLEXITIES.map((name) => `${percent(shares[name])} ${name}`).join(", ");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
