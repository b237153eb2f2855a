/**
 * `npm run prove -- cli`: packs `pbt-edge`, installs it into an empty folder, and calls it as a
 * person would: a project's whole way first, then every other command once.
 */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { freePort } from "../../harness/free-port.ts";
import { errorText } from "../../harness/error-text.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { installPackage } from "../clients/package.ts";
import { commandsNeverCalled } from "./called-commands.ts";
import { COMMAND_STEPS } from "./command-steps.ts";
import { IMPORT_STEPS } from "./import-steps.ts";
import { PROJECT_STEPS } from "./project-steps.ts";
import { SERVER_STEPS } from "./server-steps.ts";
import { Terminal } from "./terminal.ts";
import type { CliWorld } from "./world.ts";

/** Which of the steps after the project's way, and the Node that runs the command. */
export const FLAGS = {
  only: { type: "string", default: "" },
  node: { type: "string", default: process.execPath },
} as const satisfies ParseArgsOptionsConfig;

/** Runs the steps in their order, because each goes on with what the last one left. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const installed = await installPackage();
  const root = mkdtempSync(join(tmpdir(), "pbt-edge-cli-"));
  try {
    const hookPort = await freePort();
    // Webhooks may come to this machine, as in no deployment.
    const vars = { WEBHOOK_ORIGINS: `http://127.0.0.1:${hookPort}` };
    return await withLocalStack({ vars, cronMs: 1_000 }, async ({ edge, mock }) => {
      const folder = join(root, "shop");
      // The command's first line asks for `node`, which is the first one in the path.
      symlinkSync(resolve(flags.node), join(root, "node"));
      const path = `${root}:${process.env["PATH"] ?? ""}`;
      const env = {
        PATH: path,
        XDG_CONFIG_HOME: join(root, "config"),
        PBT_EDGE_KEY: "",
        PBT_EDGE_URL: "",
        NO_COLOR: "1",
      };
      const terminal = new Terminal({ command: installed.command, env, cwd: root });
      return await runSteps({ root, folder, terminal, edge, mock, hookPort }, flags.only);
    });
  } finally {
    installed.remove();
    rmSync(root, { recursive: true, force: true });
  }
}

async function runSteps(world: CliWorld, only: string): Promise<boolean> {
  const chosen = Object.entries({ ...COMMAND_STEPS, ...SERVER_STEPS, ...IMPORT_STEPS }).filter(([name]) =>
    name.includes(only),
  );
  let failed = 0;
  for (const [name, step] of [...Object.entries(PROJECT_STEPS), ...chosen]) {
    console.log(`\n# ${name}`);
    const fault = await step(world).then(() => null, errorText);
    if (fault === null) continue;
    failed += 1;
    console.log(`FAILED: ${fault}`);
  }
  const { calls } = world.terminal;
  const missing = only === "" ? commandsNeverCalled(calls) : [];
  if (missing.length > 0) console.log(`\nFAILED: never called: ${missing.join(", ")}`);
  console.log(`\n${calls.length} calls of pbt-edge, ${failed} steps failed`);
  return failed === 0 && missing.length === 0;
}
