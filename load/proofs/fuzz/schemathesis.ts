import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { installProgram } from "../../harness/install-program.ts";

const run = promisify(execFile);

/** Pinned with hashes, because a newer version has other checks. */
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
/** Beside the packages of npm, so that nothing outside the checkout changes. */
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache");

/** The names that a new enough Python may have, and how to see that one is. */
const PYTHONS = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
const IS_USABLE = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/** This machine has no Python that Schemathesis runs on, or no package index to install it from. */
export class SchemathesisMissing extends Error {}

/**
 * The Schemathesis program, installed with Python's own tools where it is not there yet. Throws
 * {@link SchemathesisMissing} where that is not possible.
 */
export async function installSchemathesis(): Promise<string> {
  const python = await findPython();
  const version = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", REQUIREMENTS];
  const steps = [
    { command: python, args: ["-m", "venv", "DIR/venv"] },
    { command: "DIR/venv/bin/pip", args: install },
  ];
  try {
    return join(await installProgram("schemathesis", version, steps, CACHE), "venv/bin/st");
  } catch (error) {
    throw new SchemathesisMissing("Schemathesis could not be installed from Python's package index", { cause: error });
  }
}

/** Runs Schemathesis with its output on ours. Returns its exit code. */
export async function runSchemathesis(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

async function findPython(): Promise<string> {
  for (const python of PYTHONS) {
    const isUsable = await run(python, ["-c", IS_USABLE]).then(
      () => true,
      () => false,
    );
    if (isUsable) return python;
  }
  throw new SchemathesisMissing("this machine has no Python 3.11 or newer with venv");
}
