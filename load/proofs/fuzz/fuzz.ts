/**
 * `npm run prove -- fuzz`: Schemathesis calls every operation of /openapi.json with inputs that fit
 * it and inputs that do not. Nothing may be a 500, unlike its description, or done without a key.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { withLocalStack } from "../../harness/local-stack.ts";
import { errorText } from "../../harness/error-text.ts";
import { PythonMissing } from "../../harness/python.ts";
import { installSchemathesis, runSchemathesis } from "./schemathesis.ts";

/**
 * Cases an operation and phase, the seeds, the phases of Schemathesis, the most seconds of a seed,
 * and whether a machine without Schemathesis passes.
 */
export const FLAGS = {
  examples: { type: "string", default: "30" },
  seeds: { type: "string", default: "1" },
  phases: { type: "string", default: "examples,coverage,fuzzing,stateful" },
  only: { type: "string" },
  seconds: { type: "string" },
  "if-possible": { type: "boolean", default: false },
} as const satisfies ParseArgsOptionsConfig;

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>["values"];

/** Runs Schemathesis once with each seed, each against a server of its own. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  let program: string;
  try {
    program = await installSchemathesis();
  } catch (error) {
    if (!(error instanceof PythonMissing) || !flags["if-possible"]) throw error;
    console.log(`fuzz: skipped, because ${errorText(error)}.`);
    return true;
  }
  let clean = true;
  for (const seed of flags.seeds.split(",")) {
    console.log(`seed ${seed}`);
    const code = await withLocalStack({ vars: { TENANT_RATE_PER_S: "100000" } }, async ({ edge }) =>
      runSchemathesis(program, argumentsOf(flags, seed, edge)),
    );
    clean &&= code === 0;
  }
  return clean;
}

function argumentsOf(flags: Flags, seed: string, { url, key }: { url: string; key: string }): string[] {
  return [
    "--config-file=load/proofs/fuzz/schemathesis.toml",
    "run",
    `${url}/openapi.json`,
    `--header=Authorization: Bearer ${key}`,
    "--checks=all",
    `--phases=${flags.phases}`,
    `--max-examples=${flags.examples}`,
    `--seed=${seed}`,
    "--continue-on-failure",
    "--generation-database=none",
    "--request-timeout=30",
    "--no-color",
    ...(flags.only === undefined ? [] : [`--include-path-regex=${flags.only}`]),
    ...(flags.seconds === undefined ? [] : [`--max-time=${flags.seconds}`]),
  ];
}
