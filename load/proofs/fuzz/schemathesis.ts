import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { installPython } from "../../harness/python.ts";

/** Pinned with hashes, because a newer version has other checks. */
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

/** The Schemathesis program, installed where it is not there yet. Throws PythonMissing. */
export async function installSchemathesis(): Promise<string> {
  return join(await installPython("schemathesis", REQUIREMENTS), "st");
}

/** Runs Schemathesis with its output on ours. Returns its exit code. */
export async function runSchemathesis(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
