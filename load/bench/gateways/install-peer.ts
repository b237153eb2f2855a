import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory } from "../../harness/cache-directory.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 10 * 60_000;
const SAID = 400;

/** One step of an installation; `DIR` in its words and environment stands for the folder to install into. */
export interface InstallStep {
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
}

/**
 * Installs a pinned peer once and gives its folder; a half-finished folder is never taken for a whole one.
 * Throws with the installer's last words where it cannot be had.
 */
export async function installPeer(name: string, version: string, steps: readonly InstallStep[]): Promise<string> {
  const directory = join(cacheDirectory(), `${name}-${version}`);
  const done = join(directory, ".installed");
  if (existsSync(done)) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  console.log(`installing ${name} ${version}`);
  for (const { command, args, env } of steps) {
    const here = (text: string) => text.replaceAll("DIR", directory);
    const given = Object.fromEntries(Object.entries(env ?? {}).map(([key, value]) => [key, here(value)]));
    try {
      await run(here(command), args.map(here), {
        env: { ...process.env, ...given },
        timeout: TIMEOUT_MS,
        maxBuffer: 1 << 26,
      });
    } catch (error) {
      const { stderr = "", message } = error as { stderr?: string; message: string };
      throw new Error(`${command}: ${(stderr || message).trim().slice(-SAID)}`, { cause: error });
    }
  }
  mkdirSync(`${done}.part`);
  renameSync(`${done}.part`, done);
  return directory;
}
