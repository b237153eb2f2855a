import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory } from "./cache-directory.ts";
import { stderrTail } from "./error-text.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 10 * 60_000;
const KEPT_ERROR = 400;

/** One command of an installation. `DIR` in its texts stands for the folder to install into. */
export interface InstallStep {
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
}

/**
 * Installs a version of a program once, into the cache folder or `parent`, and returns its folder.
 * A folder whose installation was interrupted is installed anew. Throws with the end of the
 * installer's output where it fails.
 */
export async function installProgram(
  name: string,
  version: string,
  steps: readonly InstallStep[],
  parent = cacheDirectory(),
): Promise<string> {
  const directory = join(parent, `${name}-${version}`);
  const done = join(directory, ".installed");
  if (existsSync(done)) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  console.log(`installing ${name} ${version}`);
  for (const step of steps) await runStep(step, directory);
  mkdirSync(`${done}.part`);
  renameSync(`${done}.part`, done);
  return directory;
}

async function runStep({ command, args, env = {} }: InstallStep, directory: string): Promise<void> {
  const fill = (text: string) => text.replaceAll("DIR", directory);
  const filledEnv = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, fill(value)]));
  try {
    await run(fill(command), args.map(fill), {
      env: { ...process.env, ...filledEnv },
      timeout: TIMEOUT_MS,
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    throw new Error(`${command}: ${stderrTail(error, KEPT_ERROR)}`, { cause: error });
  }
}
