import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { declaredPrompt, printPromptTypes, type TypesLanguage } from "../../client/index.ts";
import type { SharedOptions, StartCli } from "../cli.ts";
import { inParallel } from "../project/in-parallel.ts";
import { isSelected } from "../project/select.ts";
import { whereStored } from "../project/where-stored.ts";
import { versionChoice } from "./selection.ts";

interface TypesOptions extends SharedOptions {
  language: TypesLanguage;
  output?: string;
  at?: string;
}

/** `pbt-edge types`: the variables of the stored prompts as types of a language. */
export function typesCommand(start: StartCli): Command {
  return new Command("types")
    .description("print the variables of the stored prompts as types")
    .argument("[selectors...]", "only these: a name, folder/*, tag:x")
    .addOption(new Option("--language <name>", "of the types").choices(["typescript", "python"]).default("typescript"))
    .option("--output <file>", "write them there")
    .option("--at <label>", "of the versions of this label, in place of production or else the newest")
    .action(async (selectors: string[], options: TypesOptions) => {
      const cli = start(options);
      const stored = await cli.client.prompts.list({ limit: 100 }).all();
      const chosen = stored.filter((prompt) => isSelected(prompt, selectors));
      const choice = versionChoice(options.at);
      const found = await inParallel(chosen, async ({ name }) => whereStored(cli.client.prompts.get(name, choice)));
      const declared = found.flatMap((prompt) => (prompt ? [declaredPrompt(prompt)] : []));
      const missing = chosen.filter((_, at) => found[at] === null).map(({ name }) => name);
      if (missing.length > 0)
        cli.note(cli.paint.yellow(`left out, because they have no ${options.at}: ${missing.join(", ")}`));
      if (cli.isJson) return cli.result(declared, () => []);
      const text = printPromptTypes(declared, options.language);
      if (options.output === undefined) return cli.io.write(text);
      writeFileSync(resolve(cli.io.cwd, options.output), text);
      cli.note(`${cli.paint.green("✓")} ${declared.length} prompts in ${options.output}`);
    });
}
