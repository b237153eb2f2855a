import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { errorText } from "../../harness/error-text.ts";
import { installProgram } from "../../harness/install-program.ts";
import { installPython, PythonMissing } from "../../harness/python.ts";
import { REQUIREMENTS } from "./python.ts";
import { CLAUDE, withProfiles, type World } from "./world.ts";

const run = promisify(execFile);
const CANARY = "0.2.2";
const LONGEST_MS = 3 * 60_000;
/** A model that reasons, which the suites ask for an effort. */
const GPT = "gpt-5";

/** This machine cannot install a suite. */
class SuiteMissing extends Error {}

/** How a check can end. */
export const OUTCOMES = ["passed", "warned", "skipped", "FAILED"] as const;

/** One check of a suite. */
export interface Check {
  suite: string;
  name: string;
  outcome: (typeof OUTCOMES)[number];
  reason: string;
}

/** A suite that somebody else wrote: what it runs against a base URL and a model. */
type Suite = (world: World) => Promise<Check[]>;

/** The suites by name. Each installs itself where it is not there yet. */
export const SUITES: Record<string, Suite> = {
  async compatcanary(world) {
    const install = ["install", "--silent", "--ignore-scripts", "--prefix", "DIR", `compatcanary@${CANARY}`];
    const steps = [{ command: "npm", args: install }];
    const folder = await installProgram("compatcanary", CANARY, steps).catch((error: unknown) => {
      throw new SuiteMissing("it could not be installed from npm's registry", { cause: error });
    });
    const checks: Check[] = [];
    for (const model of world.edge ? [GPT, CLAUDE] : [GPT]) checks.push(...(await canary(world, folder, model)));
    return checks;
  },
  async "llm-comply"(world) {
    const program = join(await installPython("door-clients", REQUIREMENTS), "llm-comply");
    const checks: Check[] = [];
    for (const format of ["open-responses", "openai-chat", "anthropic"]) {
      for (const model of [GPT, CLAUDE]) {
        // The mock itself speaks to each model in its provider's format only.
        if (!world.edge && (format === "anthropic") !== (model === CLAUDE)) continue;
        checks.push(...(await comply(world, program, format, model)));
      }
    }
    return checks;
  },
};

/** Runs suites by name. One that cannot be installed here is skipped, with the reason. */
export async function runSuites(world: World, names: readonly string[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of names) {
    const suite = SUITES[name];
    if (!suite) throw new Error(`--suites knows ${Object.keys(SUITES).join(", ")}`);
    const profile = { calls_tools: true, reasoning: "Let me see.", usage_parts: { reasoning: 3 } };
    const made = withProfiles(world, { default: profile }, async () => suite(world));
    checks.push(...(await made.catch((error: unknown) => [without(name, error)])));
  }
  return checks;
}

function without(suite: string, error: unknown): Check {
  const isMissing = error instanceof SuiteMissing || error instanceof PythonMissing;
  return { suite, name: "all", outcome: isMissing ? "skipped" : "FAILED", reason: errorText(error).slice(0, 300) };
}

interface CanaryReport {
  results: { name: string; status: "pass" | "warn" | "fail" | "skip"; summary: string }[];
}

async function canary({ url, key }: World, folder: string, model: string): Promise<Check[]> {
  const args = ["scan", "--base-url", `${url}/v1`, "--model", model, "--format", "json"];
  const { results } = await jsonOf<CanaryReport>(join(folder, "node_modules/.bin/compatcanary"), args, {
    OPENAI_API_KEY: key,
  });
  const outcomes = { pass: "passed", warn: "warned", fail: "FAILED", skip: "skipped" } as const;
  return results.map(({ name, status, summary }) => ({
    suite: `compatcanary ${model}`,
    name,
    outcome: outcomes[status],
    reason: status === "pass" ? "" : summary,
  }));
}

interface ComplyReport {
  results: { id: string; status: "passed" | "failed" | "skipped"; errors?: string[]; warnings?: string[] }[];
}

async function comply({ url, key }: World, program: string, format: string, model: string): Promise<Check[]> {
  const anthropic = ["--auth-header", "x-api-key", "--no-bearer", "-H", "anthropic-version:2023-06-01"];
  const args = ["--format", format, "-u", `${url}/v1`, "-k", key, "-m", model, "--json"];
  const { results } = await jsonOf<ComplyReport>(program, [...args, ...(format === "anthropic" ? anthropic : [])]);
  return results.map(({ id, status, errors = [], warnings = [] }) => ({
    suite: `llm-comply ${format} ${model}`,
    name: id,
    outcome: status === "failed" ? "FAILED" : status === "passed" && warnings.length > 0 ? "warned" : status,
    reason: [...errors, ...warnings].join("; ").slice(0, 300),
  }));
}

/** What a program prints as JSON, whatever its exit code. */
async function jsonOf<T>(program: string, args: string[], env: Record<string, string> = {}): Promise<T> {
  const options = { timeout: LONGEST_MS, maxBuffer: 1 << 24, env: { ...process.env, ...env } };
  const { stdout } = await run(program, args, options).catch((error: { stdout?: string }) => {
    if (!error.stdout) throw error;
    return { stdout: error.stdout };
  });
  return JSON.parse(stdout) as T;
}
