import { resolve } from "node:path";
import { Command } from "commander";
import { existsSync, mkdirSync } from "node:fs";
import { NotFoundError } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { inParallel } from "../project/in-parallel.ts";
import { writeProjectFile } from "../project/project-folder.ts";
import { type LocalPrompt, pathOfPrompt } from "../project/read-project.ts";
import { isSelected } from "../project/select.ts";
import { endingOf } from "../project/source-ending.ts";
import { collect } from "./selection.ts";
import { versionOfFile } from "./stored-version.ts";

interface PullOptions extends SharedOptions {
  label?: string;
  select: string[];
  force?: boolean;
  dryRun?: boolean;
}

interface PulledPrompt {
  name: string;
  path: string;
  status: "written" | "unchanged" | "kept" | "unlabelled";
}

/** `pbt-edge pull`: writes the stored prompts into the project, byte for byte. */
export function pullCommand(start: StartCli): Command {
  return new Command("pull")
    .description("write the stored prompts into the project")
    .argument("[folder]", "the project")
    .option("--label <label>", "the versions of this label, in place of the newest")
    .option("--select <selector>", "only these: a name, folder/*, tag:x", collect, [])
    .option("--force", "replace files with changes that were never pushed")
    .option("--dry-run", "only show what would be written")
    .action(async (folder: string | undefined, options: PullOptions) => {
      const given = folder ?? options.project;
      const cli = start({ ...options, ...(given !== undefined && { project: resolve(given) }) });
      if (!existsSync(cli.projectFolder)) mkdirSync(cli.projectFolder, { recursive: true });
      const stored = await cli.client.prompts.list({ limit: 100 }).all();
      const chosen = stored.filter((prompt) => isSelected(prompt, options.select));
      const local = new Map(cli.project.prompts.map((prompt) => [prompt.name, prompt]));
      let done = 0;
      const results = await inParallel(chosen, async ({ name }) => {
        const result = await pullOne(cli, name, local.get(name), options);
        cli.progress.show(`${(done += 1)}/${chosen.length} ${name}`);
        return result;
      });
      tell(cli, results, options.dryRun ?? false);
    });
}

async function pullOne(
  cli: Cli,
  name: string,
  local: LocalPrompt | undefined,
  { label, force, dryRun }: PullOptions,
): Promise<PulledPrompt> {
  const { client, project, projectFolder } = cli;
  const newPath = (source: string) => pathOfPrompt(project.settings, name, endingOf(source));
  try {
    const source = await client.prompts.file(name, label === undefined ? await newestOf(cli, name) : { label });
    const path = local?.path ?? newPath(source);
    if (local?.source === source) return { name, path, status: "unchanged" };
    // Nothing is lost where a file that is one of the stored versions is replaced.
    if (local && !force && (await versionOfFile(cli, local)) === null) return { name, path, status: "kept" };
    if (!dryRun) writeProjectFile(projectFolder, path, source);
    return { name, path, status: "written" };
  } catch (error) {
    if (!(error instanceof NotFoundError) || label === undefined) throw error;
    return { name, path: local?.path ?? newPath(""), status: "unlabelled" };
  }
}

/** Without a version the server gives that of the label `production`. */
async function newestOf({ client }: Cli, name: string): Promise<{ version: number }> {
  const { data } = await client.prompts.versions(name).page();
  return { version: data[0]?.version ?? 1 };
}

function tell(cli: Cli, results: readonly PulledPrompt[], isDry: boolean): void {
  const { paint } = cli;
  const of = (status: PulledPrompt["status"]) => results.filter((result) => result.status === status);
  const kept = of("kept");
  if (kept.length > 0) cli.markFailed();
  cli.result({ dry_run: isDry, prompts: results }, () => [
    ...of("written").map(({ path }) => `${paint.green("✓")} ${path}`),
    ...kept.map(({ path }) => `${paint.red("✗")} ${path} ${paint.red("has changes that were never pushed")}`),
    ...of("unlabelled").map(({ name }) => paint.dim(`· ${name} has no such label`)),
    `${of("written").length} ${isDry ? "to write" : "written"}, ${of("unchanged").length} unchanged, ${kept.length} kept.`,
    ...(kept.length > 0 ? [paint.dim("`pbt-edge diff` shows the changes; --force replaces the files.")] : []),
  ]);
}
