import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Argument, Command } from "commander";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { type ImportedFile, type ImportSource, promptNameOf } from "../import/imported-file.ts";
import { importLangfuse } from "../import/langfuse.ts";
import { importOpenaiEvals } from "../import/openai-evals.ts";
import { importOpenaiPrompts } from "../import/openai-prompts.ts";
import { importPromptfoo } from "../import/promptfoo.ts";
import { checkPrompt } from "../project/check-prompt.ts";
import { readProjectSettings, writeProjectFile } from "../project/project-folder.ts";
import { readDataFile, whyUnreadable } from "../project/read-text.ts";
import { pathOfPrompt } from "../project/read-project.ts";

type Importer = (source: ImportSource) => ImportedFile[];

/**
 * Files that the server reads as they are keep their form, so that their tools go on reading them.
 */
const KINDS: Readonly<Record<string, Importer>> = {
  "openai-prompts": importOpenaiPrompts,
  langfuse: importLangfuse,
  promptfoo: importPromptfoo,
  "openai-evals": importOpenaiEvals,
  "github-models": copyAs(".prompt.yml"),
  prompty: copyAs(".prompty"),
  dotprompt: copyAs(".prompt"),
};

interface ImportOptions extends SharedOptions {
  force?: boolean;
  items?: string;
  prompt?: string;
}

/** `pbt-edge import`: prompts of other tools become files of the project. */
export function importCommand(start: StartCli): Command {
  return new Command("import")
    .description("make prompts of another tool files of the project")
    .addArgument(new Argument("<kind>", "which tool").choices(Object.keys(KINDS)))
    .argument("<files...>", "its files or exports")
    .option("--force", "replace files that are there")
    .option("--items <file>", "openai-evals: the items, a JSON object a line")
    .option("--prompt <name>", "openai-evals: the prompt that the tests are for")
    .action((kind: string, files: string[], options: ImportOptions) => {
      const cli = start(options);
      const root = cli.projectFolder;
      const made = files.flatMap((file) => KINDS[kind]?.(readSource(cli, file, options)) ?? []);
      if (made.length === 0) throw new UsageError(`There is no prompt in ${files.join(", ")}.`);
      const there = made.filter(({ path }) => existsSync(join(root, path))).map(({ path }) => path);
      if (there.length > 0 && !options.force)
        throw new UsageError(`${there.join(", ")}: there already. --force replaces them.`);
      const results = made.map(({ path, prompt, text, warnings }) => {
        const checked = prompt === undefined ? null : checkPrompt({ name: prompt, source: text });
        writeProjectFile(root, path, text);
        return { path, warnings: [...warnings, ...(checked?.warnings ?? [])], fault: checked?.fault ?? null };
      });
      // A file with faults is written all the same, to be mended.
      if (results.some(({ fault }) => fault !== null)) cli.markFailed();
      cli.result(results, () => [
        ...results.flatMap(({ path, warnings, fault }) => [
          fault === null ? `${cli.paint.green("✓")} ${path}` : `${cli.paint.red("✗")} ${path} ${cli.paint.red(fault)}`,
          ...warnings.map((warning) => `    ${cli.paint.yellow("!")} ${warning}`),
        ]),
        cli.paint.dim("Next: `pbt-edge push --dry-run`, then `pbt-edge push`."),
      ]);
    });
}

function readSource({ io, projectFolder }: Cli, given: string, { items, prompt }: ImportOptions): ImportSource {
  const read = (path: string) => {
    try {
      return readDataFile(path);
    } catch {
      return undefined;
    }
  };
  const readGiven = (name: string) => {
    try {
      return readDataFile(resolve(io.cwd, name));
    } catch (error) {
      throw new UsageError(`${name} ${whyUnreadable(error)}.`);
    }
  };
  return {
    name: basename(given),
    text: readGiven(given),
    readBeside: (path) => read(resolve(io.cwd, dirname(given), path)),
    settings: readProjectSettings(projectFolder),
    ...(items !== undefined && { items: readGiven(items) }),
    ...(prompt !== undefined && { prompt }),
  };
}

function copyAs(ending: string): Importer {
  return ({ name: file, text, settings }) => {
    const name = promptNameOf(file.replace(/(?:\.prompt)?\.(?:ya?ml|prompty|prompt)$/, ""));
    return [{ path: pathOfPrompt(settings, name, ending), prompt: name, text, warnings: [] }];
  };
}
