/**
 * `npm run prove -- fuzz`: Schemathesis calls every operation of /openapi.json with inputs that fit
 * it and inputs that do not. Nothing may be a 500, unlike its description, or done without a key.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { withLocalStack } from "../../harness/local-stack.ts";
import { runSchemathesis } from "./schemathesis.ts";

/** Cases an operation and phase, the seeds, and the phases of Schemathesis. */
export const FLAGS = {
  examples: { type: "string", default: "30" },
  seeds: { type: "string", default: "1" },
  phases: { type: "string", default: "examples,coverage,fuzzing,stateful" },
  only: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs Schemathesis once with each seed, each against a server of its own. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  let clean = true;
  for (const seed of flags.seeds.split(",")) {
    console.log(`seed ${seed}`);
    const code = await withLocalStack({ vars: { TENANT_RATE_PER_S: "100000" } }, async ({ edge }) =>
      runSchemathesis([
        "--config-file=load/proofs/fuzz/schemathesis.toml",
        "run",
        `${edge.url}/openapi.json`,
        `--header=Authorization: Bearer ${edge.key}`,
        "--checks=all",
        `--phases=${flags.phases}`,
        `--max-examples=${flags.examples}`,
        `--seed=${seed}`,
        "--continue-on-failure",
        "--generation-database=none",
        "--request-timeout=30",
        "--no-color",
        ...(flags.only === undefined ? [] : [`--include-path-regex=${flags.only}`]),
      ]),
    );
    clean &&= code === 0;
  }
  return clean;
}
