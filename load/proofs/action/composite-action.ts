import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { evaluate, fillExpressions } from "./expressions.ts";

/** A step of a composite action, as far as this runs one. */
export interface ActionStep {
  name: string;
  id?: string;
  if?: string;
  shell: string;
  env?: Record<string, string>;
  run: string;
}

/** A composite action as its `action.yml` describes it. */
export interface CompositeAction {
  name: string;
  description: string;
  inputs: Record<string, { description: string; required?: boolean; default?: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: ActionStep[] };
}

/** Reads the `action.yml` of a folder. */
export function readAction(folder: string): CompositeAction {
  return parse(readFileSync(join(folder, "action.yml"), "utf8")) as CompositeAction;
}

/** A run of an action in a workflow. */
export interface ActionRun {
  /** The folder of the action. */
  action: string;
  inputs: Record<string, string>;
  /** The context `github`, such as `event.pull_request.number`, by its dotted paths. */
  github: Record<string, string>;
  /** The environment that a runner gives, such as `GITHUB_REF`. */
  env: Record<string, string>;
  /** The checkout. */
  cwd: string;
}

/** What a run of an action left. */
export interface ActionResult {
  hasFailed: boolean;
  /** The names of the steps that ran. */
  steps: string[];
  outputs: Record<string, string>;
  summary: string;
  log: string;
}

/**
 * Runs the steps of a composite action as GitHub's runner does: each with its own script in bash,
 * the files behind `GITHUB_OUTPUT`, `GITHUB_PATH` and `GITHUB_STEP_SUMMARY`, and the expressions of
 * `env` and `if`. The first step that fails ends it.
 */
export async function runAction(run: ActionRun): Promise<ActionResult> {
  const { inputs: declared, outputs, runs } = readAction(run.action);
  const temp = mkdtempSync(join(tmpdir(), "pbt-edge-action-"));
  try {
    const context = new Map<string, string>();
    for (const [name, value] of Object.entries(run.github)) context.set(`github.${name}`, value);
    context.set("github.action_path", run.action);
    for (const [name, { default: preset = "" }] of Object.entries(declared)) {
      context.set(`inputs.${name}`, run.inputs[name] ?? fillExpressions(preset, context));
    }
    const runner = new Runner(run, temp, context);
    for (const step of runs.steps) if (!(await runner.step(step))) break;
    const told = Object.entries(outputs).map(([name, { value }]) => [name, fillExpressions(value, context)] as const);
    return { ...runner.result, outputs: Object.fromEntries(told) };
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

class Runner {
  readonly #run: ActionRun;
  readonly #temp: string;
  readonly #context: Map<string, string>;
  readonly #path: string[] = [];
  readonly result: Omit<ActionResult, "outputs"> = { hasFailed: false, steps: [], summary: "", log: "" };

  constructor(run: ActionRun, temp: string, context: Map<string, string>) {
    this.#run = run;
    this.#temp = temp;
    this.#context = context;
  }

  /** Whether the next step may run. */
  async step(step: ActionStep): Promise<boolean> {
    if (step.if !== undefined && !evaluate(step.if, this.#context)) return true;
    this.result.steps.push(step.name);
    const [script, output, path, summary] = ["script.sh", "output", "path", "summary"].map((name) =>
      join(this.#temp, name),
    ) as [string, string, string, string];
    writeFileSync(script, step.run);
    for (const file of [output, path, summary]) writeFileSync(file, "");
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, fillExpressions(value, this.#context)]);
    const env = {
      ...process.env,
      ...this.#run.env,
      PATH: [...this.#path, this.#run.env["PATH"]].join(":"),
      RUNNER_TEMP: this.#temp,
      GITHUB_OUTPUT: output,
      GITHUB_PATH: path,
      GITHUB_STEP_SUMMARY: summary,
      ...(Object.fromEntries(own) as Record<string, string>),
    };
    // As GitHub documents `shell: bash`.
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], { cwd: this.#run.cwd, env });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (piece: string) => (this.result.log += piece));
    }
    const [code] = (await once(child, "close")) as [number | null];
    for (const line of linesIn(output))
      this.#context.set(`steps.${step.id}.outputs.${line.split("=")[0]}`, valueOf(line));
    this.#path.unshift(...linesIn(path));
    this.result.summary += readFileSync(summary, "utf8");
    this.result.hasFailed = code !== 0;
    return code === 0;
  }
}

function valueOf(line: string): string {
  return line.slice(line.indexOf("=") + 1);
}

function linesIn(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
}
