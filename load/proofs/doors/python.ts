import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Result } from "./result.ts";
import type { World } from "./world.ts";

const run = promisify(execFile);
const LONGEST_MS = 5 * 60_000;

/** Pinned with hashes, because a newer client has other habits. */
export const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const SCRIPT = join(import.meta.dirname, "clients.py");

/** Runs the cases of Python's clients whose names contain `only`. `bin` is where Python is. */
export async function pythonResults(
  { url, key, edge, mock, providerKeys }: World,
  bin: string,
  only: string,
): Promise<Result[]> {
  const world = JSON.stringify({ url, key, is_edge: edge !== undefined, mock: mock.url, only });
  const { stdout } = await run(join(bin, "python"), [SCRIPT, world], { timeout: LONGEST_MS, maxBuffer: 1 << 24 });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ key, providerKeys, ...(JSON.parse(line) as Omit<Result, "key" | "providerKeys">) }));
}
