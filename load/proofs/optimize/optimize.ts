/**
 * `npm run prove -- optimize`: optimises thirty lifelike prompts over HTTP with the mock's models and
 * prints tokens before and after the fixed passes of each level, pass rates and intervals; with
 * `--folder DIR` also two samples of public prompts. Then how often the intervals of comparisons
 * hold the truth, and how often the rule of publication errs, in seeded simulations. Fails where something is published that was not shown to be as good, a label moves,
 * or a rate is off. What a real model's answers lose, and what its proposals gain, is not measured.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { withLocalStack } from "../../harness/local-stack.ts";
import { proveCoverage } from "./coverage.ts";
import { proveRule } from "./rule.ts";
import { proveSavings, samplesOf } from "./savings.ts";

/** Runs of each simulation, its seed, one part alone, and where clones of public repositories are. */
export const FLAGS = {
  runs: { type: "string", default: "1000" },
  seed: { type: "string", default: "1" },
  only: { type: "string", default: "" },
  folder: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** Prints the three parts. Returns whether all of them hold. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const [runs, seed] = [Number(flags.runs), Number(flags.seed)];
  const parts: Record<string, () => Promise<string[]> | string[]> = {
    prompts: async () => withLocalStack({}, (stack) => proveSavings(stack, samples)),
    coverage: () => proveCoverage(runs, seed),
    rule: () => proveRule(runs, seed),
  };
  const samples = flags.only === "" || flags.only === "prompts" ? samplesOf(flags.folder) : [];
  const faults: string[] = [];
  for (const [name, part] of Object.entries(parts)) {
    if (flags.only === "" || flags.only === name) faults.push(...(await part()));
  }
  for (const fault of faults) console.error(`fault: ${fault}`);
  return faults.length === 0;
}
