import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Argument, Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { type ImportedFile, type ImportSource, promptNameOf } from "../import/imported-file.ts";
import { importLangfuse } from "../import/langfuse.ts";
import { importOpenaiPrompts } from "../import/openai-prompts.ts";
import { importPromptfoo } from "../import/promptfoo.ts";
import { checkPrompt } from "../project/check-prompt.ts";
import { writeProjectFile } from "../project/project-folder.ts";

type Importer = (source: ImportSource) => ImportedFile[];

/**
 * Files that the server reads as they are keep their form, so that their tools go on reading them.
 */
const KINDS: Readonly<Record<string, Importer>> = {
  "openai-prompts": importOpenaiPrompts,
  langfuse: importLangfuse,
  promptfoo: importPromptfoo,
  "github-models": copyAs(".prompt.yml"),
  prompty: copyAs(".prompty"),
  dotprompt: copyAs(".prompt"),
};

interface ImportOptions extends SharedOptions {
  force?: boolean;
}

/** `pbt-edge import`: prompts of other tools become files of the project. */
export function importCommand(start: StartCli): Command {
  return new Command("import")
    .description("make prompts of another tool files of the project")
    .addArgument(new Argument("<kind>", "which tool").choices(Object.keys(KINDS)))
    .argument("<files...>", "its files or exports")
    .option("--force", "replace files that are there")
    .action((kind: string, files: string[], options: ImportOptions) => {
      const cli = start(options);
      const root = cli.projectFolder;
      const made = files.flatMap((file) => KINDS[kind]?.(readSource(resolve(cli.io.cwd, file))) ?? []);
      if (made.length === 0) throw new UsageError(`There is no prompt in ${files.join(", ")}.`);
      const there = made.filter(({ path }) => existsSync(join(root, path))).map(({ path }) => path);
      if (there.length > 0 && !options.force)
        throw new UsageError(`${there.join(", ")}: there already. --force replaces them.`);
      const results = made.map(({ path, text, warnings }) => {
        const isPrompt = path.startsWith("prompts/");
        const checked = isPrompt
          ? checkPrompt({ name: path.replace(/^prompts\/|\.\w+(?:\.\w+)?$/g, ""), source: text })
          : null;
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

function readSource(file: string): ImportSource {
  const read = (path: string) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return undefined;
    }
  };
  const text = read(file);
  if (text === undefined) throw new UsageError(`${file} cannot be read.`);
  return { name: basename(file), text, readBeside: (path) => read(join(dirname(file), path)) };
}

function copyAs(ending: string): Importer {
  return ({ name, text }) => {
    const stem = name.replace(/(?:\.prompt)?\.(?:ya?ml|prompty|prompt)$/, "");
    return [{ path: `prompts/${promptNameOf(stem)}${ending}`, text, warnings: [] }];
  };
}
