import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { installProgram } from "../../harness/install-program.ts";

/** Pinned, because a newer version has other checks. */
const VERSION = "4.32.5";

/**
 * Runs Schemathesis with its output on ours, and installs it first with Python's own tools where it
 * is not in the cache folder yet. Returns its exit code. Throws where this machine has no Python 3
 * with `venv`, or no package index to install from.
 */
export async function runSchemathesis(args: readonly string[]): Promise<number> {
  const directory = await installProgram("schemathesis", VERSION, [
    { command: "python3", args: ["-m", "venv", "DIR/venv"] },
    {
      command: "DIR/venv/bin/pip",
      args: ["install", "--quiet", "--disable-pip-version-check", `schemathesis==${VERSION}`],
    },
  ]);
  const child = spawn(join(directory, "venv/bin/st"), args, { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
