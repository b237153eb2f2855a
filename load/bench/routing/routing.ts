/**
 * `npm run bench -- routing`: the cost of `model: auto` against always the strong model, at list
 * prices. The same seeded tasks go twice through the HTTP API of the production bundle, and every
 * cost is the `cost_usd` of a reply. Fails where `auto` saves less than the source's 40 % on short
 * answers with either provider's models.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { publishPrompt } from "../../../scripts/tenant.ts";
import { PROVIDERS, type BuiltInProvider } from "../../../src/domain/completions/completion.ts";
import { AUTO_MODEL, TIER_MODELS } from "../../../src/domain/completions/model-tiers.ts";
import type { EdgeProcess } from "../../harness/edge.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { describeMachine } from "../../harness/machine.ts";
import { COMPLEXITIES } from "../../k6/lib/workload.ts";
import { sourceShares, type Task, tasksOf } from "./mix.ts";
import { printRouting, type RoutingComparison, TARGET } from "./print.ts";
import { runTasks } from "./run-tasks.ts";
import { compareRuns, savingsByComplexity } from "./savings.ts";

/** The number of tasks, the seed that draws them, and the file of the result. */
export const FLAGS = {
  tasks: { type: "string", default: "250" },
  seed: { type: "string", default: "1" },
  out: { type: "string", default: "dist/routing.json" },
} as const satisfies ParseArgsOptionsConfig;

/** More words than the `max_tokens` of any of the prompts allows. */
const FULL_ANSWER = "The answer goes on as long as it may. ".repeat(200);
/** Variables that make `auto` choose a provider: it takes OpenAI's models where both have keys. */
const VARS: Record<BuiltInProvider, Record<string, string>> = { openai: {}, anthropic: { OPENAI_API_KEYS: "" } };

/** Compares both providers' models with short and with full answers. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const seed = Number(flags.seed);
  const tasks = tasksOf(seed, Number(flags.tasks), sourceShares());
  const measured: RoutingComparison[] = [];
  for (const provider of PROVIDERS) {
    const options = { vars: VARS[provider] };
    measured.push(...(await withLocalStack(options, (stack) => compareProvider(stack, provider, tasks))));
  }
  const result = { format: 1, at: new Date().toISOString(), machine: describeMachine(), seed, measured };
  mkdirSync(dirname(flags.out), { recursive: true });
  writeFileSync(flags.out, `${JSON.stringify(result, null, 1)}\n`);
  console.log(`${printRouting(measured, seed)}\n\nwritten to ${flags.out}`);
  return measured.every(({ answers, total }) => answers !== "short" || total.saved >= TARGET.from);
}

async function compareProvider({ mock, edge }: LocalStack, provider: BuiltInProvider, tasks: Task[]) {
  await publishPrompts(edge);
  const models = { cheap: TIER_MODELS[provider].cheap, strong: TIER_MODELS[provider].strong };
  const comparisons: RoutingComparison[] = [];
  for (const answers of ["short", "full"] as const) {
    console.error(`${provider}, ${answers} answers: ${tasks.length} tasks, twice`);
    await mock.profile(answers === "full" ? { default: { answer: FULL_ANSWER } } : {});
    const strong = await runTasks(edge, tasks, models.strong);
    const auto = await runTasks(edge, tasks, AUTO_MODEL);
    const [total, kinds] = [compareRuns(strong, auto), savingsByComplexity(strong, auto)];
    comparisons.push({ provider, models, answers, total, kinds });
  }
  return comparisons;
}

async function publishPrompts(edge: EdgeProcess): Promise<void> {
  for (const name of COMPLEXITIES) await publishPrompt(edge.url, edge.key, `load/prompts/load-${name}.prompt.yaml`);
}
