/**
 * `npm run prove -- clients`: packs the TypeScript client, installs it into an empty folder, and runs
 * it and the Python client against a real server behind a proxy that loses answers and cuts
 * streams.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { withCleanup } from "../../harness/cleanup.ts";
import { errorText } from "../../harness/error-text.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { PythonMissing } from "../../harness/python.ts";
import { CASES, type ClientWorld } from "./cases.ts";
import { startFaultyProxy } from "./faulty-proxy.ts";
import { installPackage } from "./package.ts";
import { runPython } from "./python.ts";

/**
 * Which client, which of the TypeScript client's cases, and whether a machine without Python
 * passes.
 */
export const FLAGS = {
  client: { type: "string", default: "typescript,python" },
  only: { type: "string", default: "" },
  "if-possible": { type: "boolean", default: false },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the cases of each client and prints how each went. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  return withLocalStack({}, async ({ edge, mock }) =>
    withCleanup(async (stopLater) => {
      const { url } = stopLater(await startFaultyProxy(edge.url));
      const world = { url, key: edge.key, mock };
      let holds = true;
      if (flags.client.includes("typescript")) holds = await runTypeScript(world, flags.only);
      if (flags.client.includes("python")) holds = (await runPythonIfPossible(world, flags)) && holds;
      return holds;
    }),
  );
}

async function runPythonIfPossible(
  { url, key, mock }: Omit<ClientWorld, "package">,
  flags: { only: string; "if-possible": boolean },
): Promise<boolean> {
  try {
    return await runPython({ url, key, mockUrl: mock.url }, flags.only);
  } catch (error) {
    if (!(error instanceof PythonMissing) || !flags["if-possible"]) throw error;
    console.log(`python: skipped, because ${errorText(error)}.`);
    return true;
  }
}

async function runTypeScript(world: Omit<ClientWorld, "package">, only: string): Promise<boolean> {
  const installed = await installPackage();
  let failed = 0;
  try {
    for (const [name, check] of Object.entries(CASES).filter(([each]) => each.includes(only))) {
      const fault = await check({ ...world, package: installed }).then(() => null, errorText);
      console.log(
        `${fault === null ? "ok    " : "FAILED"} typescript: ${name}${fault === null ? "" : `\n       ${fault}`}`,
      );
      if (fault !== null) failed += 1;
    }
  } finally {
    installed.remove();
  }
  return failed === 0;
}
