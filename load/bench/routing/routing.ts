/**
 * `npm run bench:routing`: what `model: auto` saves against always asking the strong model, at list prices. The same seeded tasks go twice through the HTTP
 * API of the production bundle, and every cost is the runtime's own `cost_usd`. Flags: `--tasks N` (250), `--seed N` (1), `--out FILE`. Ends with 1 where the
 * saving on short answers is under the source's 40 % at either provider's models.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { publishPrompt } from "../../../scripts/tenant.ts";
import { PROVIDERS, type ProviderName } from "../../../src/domain/completions/completion.ts";
import { AUTO_MODEL, TIER_MODELS } from "../../../src/domain/completions/model-tiers.ts";
import { type EdgeProcess, startEdge } from "../../harness/edge.ts";
import { describeMachine } from "../../harness/machine.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";
import { COMPLEXITIES } from "../../k6/lib/workload.ts";
import { sourceShares, type Task, tasksOf } from "./mix.ts";
import { type Measured, printRouting, TARGET } from "./print.ts";
import { runTasks } from "./run.ts";
import { byComplexity, compare } from "./savings.ts";

const { values: flags } = parseArgs({
  options: {
    tasks: { type: "string", default: "250" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: "dist/routing.json" },
  },
});
/** More words than any of the prompts' `max_tokens` lets through. */
const FULL_ANSWER = "The answer goes on as long as it may. ".repeat(200);
/** The provider whose models `auto` takes where both have a key, and then the other alone. */
const KEYS: Record<ProviderName, Record<string, string>> = { openai: {}, anthropic: { OPENAI_API_KEYS: "" } };

const tasks = tasksOf(Number(flags.seed), Number(flags.tasks), sourceShares());
const measured = await measure();
mkdirSync(dirname(flags.out), { recursive: true });
const result = {
  format: 1,
  at: new Date().toISOString(),
  machine: describeMachine(),
  seed: Number(flags.seed),
  measured,
};
writeFileSync(flags.out, `${JSON.stringify(result, null, 1)}\n`);
console.log(`${printRouting(measured, Number(flags.seed))}\n\nwritten to ${flags.out}`);
const judged = measured.filter(({ answers }) => answers === "short");
process.exitCode = judged.every(({ total }) => total.saved >= TARGET.from) ? 0 : 1;

async function measure(): Promise<Measured[]> {
  const mock = await startMock();
  try {
    const all: Measured[] = [];
    for (const provider of PROVIDERS) {
      const edge = await startEdge(mock, { vars: KEYS[provider] });
      try {
        for (const name of COMPLEXITIES)
          await publishPrompt(edge.url, edge.key, `load/prompts/load-${name}.prompt.yaml`);
        all.push(...(await measureProvider(mock, edge, provider, tasks)));
      } finally {
        await edge.stop();
      }
    }
    return all;
  } finally {
    await mock.stop();
  }
}

async function measureProvider(mock: MockProcess, edge: EdgeProcess, provider: ProviderName, given: Task[]) {
  const { cheap, strong: always } = TIER_MODELS[provider];
  const all: Measured[] = [];
  for (const answers of ["short", "full"] as const) {
    console.error(`${provider}, ${answers} answers: ${given.length} tasks, twice`);
    await mock.profile(answers === "full" ? { default: { answer: FULL_ANSWER } } : {});
    const strong = await runTasks(edge, given, always);
    const auto = await runTasks(edge, given, AUTO_MODEL);
    const models = { cheap, strong: always };
    all.push({ provider, models, answers, total: compare(strong, auto), kinds: byComplexity(strong, auto) });
  }
  return all;
}
