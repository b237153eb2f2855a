/**
 * `npm run prove -- keys`: keys and models change without a refused call, over real HTTP, under
 * sixteen callers in a closed loop, and what is revoked is refused. Three parts:
 *
 * - `replace`: provider keys are added, replaced by others and removed, on one isolate and on
 *   several, of which only the first hears of a change at once.
 * - `slow`: a batch runs on a model whose first token takes longer than a stream may wait for it.
 *
 * - `revocation`: a key is revoked and a prompt deleted right before all shards fail; two isolates
 *   refuse them within the bound.
 *
 * In the first two no request is refused, none fails, and each execution is one call.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { proveReplace } from "./replace.ts";
import { proveRevocation } from "./revocation.ts";
import { proveSlow } from "./slow.ts";

/** The isolates beside a run with one, and the seconds after each change of the keys. */
export const FLAGS = {
  only: { type: "string" },
  isolates: { type: "string", default: "2" },
  seconds: { type: "string", default: "4" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs all parts, or the one that `--only` names. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const isolates = Number(flags.isolates);
  const phaseMs = Number(flags.seconds) * 1000;
  const parts: Record<string, () => Promise<string[]>> = {
    replace: async () => [...(await proveReplace(1, phaseMs)), ...(await proveReplace(isolates, phaseMs))],
    slow: async () => proveSlow(isolates),
    revocation: async () => proveRevocation(),
  };
  const wanted = Object.entries(parts).filter(([name]) => flags.only === undefined || flags.only === name);
  if (wanted.length === 0) throw new Error(`--only is one of ${Object.keys(parts).join(", ")}`);
  let passed = true;
  for (const [name, prove] of wanted) {
    for (const fault of await prove()) {
      console.log(`FAILED: ${name}: ${fault}`);
      passed = false;
    }
  }
  return passed;
}
