import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { tableLines } from "../output/table.ts";
import { versionChoice } from "./selection.ts";

interface AliasOptions extends SharedOptions {
  at?: string;
  delete?: boolean;
}

/** `pbt-edge alias`: other names of prompts, such as ids of OpenAI's stored prompts. */
export function aliasCommand(start: StartCli): Command {
  return new Command("alias")
    .description("list other names of prompts, or set one: `alias pmpt_68b0 support/answer`")
    .argument("[alias]", "the other name")
    .argument("[prompt]", "the stored prompt that it stands for")
    .option("--at <version>", "a version or label, in place of production or else the newest")
    .option("--delete", "delete the alias")
    .action(async (alias: string | undefined, prompt: string | undefined, options: AliasOptions) => {
      const cli = start(options);
      const { aliases } = cli.client;
      if (alias !== undefined && options.delete) {
        await aliases.delete(alias);
        return cli.result({ alias, deleted: true }, () => [
          `${cli.paint.green("✓")} ${alias} stands for nothing any more.`,
        ]);
      }
      if (alias !== undefined && prompt !== undefined) {
        const set = await aliases.set(alias, { prompt, ...versionChoice(options.at) });
        return cli.result(set, () => [
          `${cli.paint.green("✓")} ${alias} stands for ${prompt}${options.at === undefined ? "" : ` at ${options.at}`}.`,
        ]);
      }
      const all = alias === undefined ? await aliases.list().all() : [await aliases.get(alias)];
      cli.result(all, () => {
        const rows = all.map((each) => [each.alias, each.prompt, String(each.version ?? each.label ?? "")]);
        return tableLines([{ title: "ALIAS" }, { title: "PROMPT" }, { title: "AT" }], rows, cli.paint.dim);
      });
    });
}
