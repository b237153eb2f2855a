import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { installProgram } from "./install-program.ts";

const run = promisify(execFile);

/** Beside the packages of npm, so that nothing outside the checkout changes. */
const CACHE = join(import.meta.dirname, "../../node_modules/.cache");

/** The names that a new enough Python may have, and how to see that one is. */
const PYTHONS = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];
const IS_USABLE = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/** This machine has no Python 3.11 or newer, or no package index to install from. */
export class PythonMissing extends Error {}

/**
 * The folder of the programs of a Python environment that has the packages of a file with their
 * hashes, installed with Python's own tools where it is not there yet. Throws
 * {@link PythonMissing} where that is not possible.
 */
export async function installPython(name: string, requirements: string): Promise<string> {
  const python = await findPython();
  const version = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", requirements];
  const steps = [
    { command: python, args: ["-m", "venv", "DIR/venv"] },
    { command: "DIR/venv/bin/pip", args: install },
  ];
  try {
    return join(await installProgram(name, version, steps, CACHE), "venv/bin");
  } catch (error) {
    throw new PythonMissing(`${name} could not be installed from Python's package index`, { cause: error });
  }
}

async function findPython(): Promise<string> {
  for (const python of PYTHONS) {
    const isUsable = await run(python, ["-c", IS_USABLE]).then(
      () => true,
      () => false,
    );
    if (isUsable) return python;
  }
  throw new PythonMissing("this machine has no Python 3.11 or newer with venv");
}
