import { resolve } from "node:path";
import { Command } from "commander";
import { ApiError, ConflictError } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { CommandFailure } from "../errors.ts";
import { diffSize, diffText } from "../output/diff-text.ts";
import { inParallel } from "../project/in-parallel.ts";
import { diffLines } from "../project/line-diff.ts";
import { type PlannedPush, planPush } from "../project/push-plan.ts";
import { keepServed } from "./keep-served.ts";
import { moveLabel } from "./label-moves.ts";
import { collect, selectPlanned } from "./selection.ts";

interface PushOptions extends SharedOptions {
  dryRun?: boolean;
  label?: string;
  select: string[];
  force?: boolean;
  keepServed?: boolean;
}

/** What is said of a file that is the same, and may take newer texts of prompts that it includes. */
const REBUILT = "the same, with the newest of what it includes";

/** What became of one prompt. */
interface PushedPrompt {
  name: string;
  path: string;
  status: "published" | "unchanged" | "failed" | "new" | "changed" | "rebuilt";
  version: number | null;
  label?: string;
  warnings: string[];
  error?: string;
  /** The version that got the label `production`, so that callers keep it. */
  kept?: number;
}

/** `pbt-edge push`: publishes the prompts of the project whose files differ from what is stored. */
export function pushCommand(start: StartCli): Command {
  return new Command("push")
    .description("publish the prompts that have changed")
    .argument("[folder]", "the project, or a folder of prompt files")
    .option("--dry-run", "only show what differs")
    .option("--label <label>", "point this label at the versions of all selected prompts")
    .option("--select <selector>", "only these: a name, folder/*, tag:x, state:modified, state:new", collect, [])
    .option(
      "--keep-served",
      "callers without a label keep their version: it gets the label production where none has it",
    )
    .option("--force", "publish over versions that somebody else published meanwhile")
    .action(async (folder: string | undefined, options: PushOptions) => {
      const project = folder ?? options.project;
      const cli = start({ ...options, ...(project !== undefined && { project: resolve(project) }) });
      const stored = await cli.client.prompts.list({ limit: 100 }).all();
      const planned = selectPlanned(planPush(cli.project.prompts, stored), options.select);
      const faulty = planned.filter(({ check }) => check.fault !== null);
      // Half a project is worse than the old one, so nothing is published where a file has faults.
      if (options.dryRun || faulty.length > 0) return await showPlan(cli, planned, faulty.length > 0);
      await publishAll(cli, planned, options);
    });
}

async function showPlan(cli: Cli, planned: readonly PlannedPush[], hasFaults: boolean): Promise<void> {
  const { paint } = cli;
  const told = await inParallel(planned, async (prompt) => {
    const { name, path, state, version, check } = prompt;
    const before =
      state === "changed" || state === "rebuilt" ? await cli.client.prompts.file(name, { version: version ?? 1 }) : "";
    const diff = diffLines(before, prompt.source);
    const status = check.fault === null ? state : "failed";
    const result: PushedPrompt = { name, path, status, version, warnings: check.warnings };
    if (check.fault !== null) result.error = check.fault;
    const size = state === "unchanged" || state === "rebuilt" ? "" : diffSize(diff, paint);
    return { result, line: lineOf(cli, result, size), diff: state === "changed" ? diffText(diff, paint) : [] };
  });
  if (hasFaults) cli.markFailed();
  const counts = countsOf(told.map(({ result }) => result.status));
  cli.result({ dry_run: true, prompts: told.map(({ result }) => result) }, () => [
    ...told.flatMap(({ result, line, diff }) => (result.status === "unchanged" ? [] : [line, ...diff])),
    hasFaults ? `${counts}. Nothing was published: mend the files first.` : `${counts}. Nothing was published.`,
  ]);
}

async function publishAll(cli: Cli, planned: readonly PlannedPush[], options: PushOptions): Promise<void> {
  const results: PushedPrompt[] = [];
  const failed = new Set<string>();
  for (const prompt of planned) {
    cli.progress.show(`${results.length + 1}/${planned.length} ${prompt.name}`);
    const missing = prompt.check.includes.find((name) => failed.has(name));
    const result = missing === undefined ? await publishOne(cli, prompt, options) : skipped(prompt, missing);
    if (result.status === "failed") failed.add(prompt.name);
    results.push(result);
    cli.progress.clear();
    if (!cli.isJson && (result.status !== "unchanged" || result.label !== undefined)) {
      cli.io.write(`${lineOf(cli, result)}\n`);
    }
  }
  if (failed.size > 0) cli.markFailed();
  cli.result({ dry_run: false, prompts: results }, () => [`${countsOf(results.map(({ status }) => status))}.`]);
}

async function publishOne(
  cli: Cli,
  prompt: PlannedPush,
  { label, force, keepServed: isKept }: PushOptions,
): Promise<PushedPrompt> {
  const { name, path, source, state, version } = prompt;
  const result: PushedPrompt = { name, path, status: "unchanged", version, warnings: [] };
  try {
    if (state !== "unchanged") {
      if (isKept && version !== null) {
        const kept = await keepServed(cli, name, { version, label });
        if (kept !== null) result.kept = kept;
      }
      const guard = version === null || force ? {} : { ifVersion: version };
      const published = await cli.client.prompts.publish(name, source, guard);
      if (published.version !== version) result.status = "published";
      result.version = published.version;
      result.warnings = published.warnings;
    }
    if (label !== undefined && result.version !== null) result.label = await labelAt(cli, name, label, result.version);
    return result;
  } catch (error) {
    if (error instanceof CommandFailure) return { ...result, status: "failed", error: error.message };
    if (!(error instanceof ApiError)) throw error;
    const hint = error instanceof ConflictError ? " `pbt-edge diff` shows it; --force publishes over it." : "";
    return { ...result, status: "failed", error: error.message + hint };
  }
}

/**
 * The label where it has moved, or says that it waits for its checks; undefined where it is there
 * already.
 */
async function labelAt(cli: Cli, name: string, label: string, version: number): Promise<string | undefined> {
  const { labels } = await cli.client.prompts.get(name, { version });
  if (labels.includes(label)) return undefined;
  const { promotion } = await moveLabel(cli, name, label, { version });
  return promotion ? `${label} (${promotion.status}: ${promotion.id})` : label;
}

function skipped({ name, path, version }: PlannedPush, missing: string): PushedPrompt {
  return { name, path, status: "failed", version, warnings: [], error: `it includes ${missing}, which failed` };
}

function lineOf({ paint }: Cli, prompt: PushedPrompt, size = ""): string {
  const { name, status, version, label, warnings, error, kept } = prompt;
  const mark = {
    published: paint.green("✓"),
    failed: paint.red("✗"),
    new: paint.green("+"),
    changed: paint.yellow("~"),
  };
  const sign = Object.hasOwn(mark, status) ? mark[status as keyof typeof mark] : paint.dim("·");
  const number = version === null ? "" : paint.cyan(` #${version}`);
  const labelled = label === undefined ? "" : paint.magenta(` @${label}`);
  const note = error === undefined ? paint.dim(status === "rebuilt" ? REBUILT : status) : paint.red(error);
  const keeps = kept === undefined ? "" : paint.dim(` · callers keep #${kept}, which is @production now`);
  const warned = warnings.map((warning) => `\n    ${paint.yellow("!")} ${warning}`).join("");
  return `${sign} ${paint.bold(name)}${number}${labelled} ${note}${size === "" ? "" : ` ${size}`}${keeps}${warned}`;
}

/** `2 published, 8 unchanged`. */
function countsOf(statuses: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(", ") || "No prompt is selected";
}
