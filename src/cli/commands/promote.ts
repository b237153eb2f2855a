import { Command } from "commander";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { versionChoice } from "./selection.ts";

interface PromoteOptions extends SharedOptions {
  to: string;
  from: string;
}

/** `pbt-edge promote`: points a label at the version that another label means. */
export function promoteCommand(start: StartCli): Command {
  return new Command("promote")
    .description("let a label mean what another one means: the newest version by default")
    .argument("<names...>", "stored prompts")
    .requiredOption("--to <label>", "the label that is moved, such as production")
    .option("--from <version>", "a version, or a label such as staging", "latest")
    .action(async (names: string[], options: PromoteOptions) => {
      const cli = start(options);
      const promoted: Awaited<ReturnType<typeof promoteOne>>[] = [];
      for (const name of names) promoted.push(await promoteOne(cli, name, options));
      cli.result(promoted, () =>
        promoted.map(({ name, label, from, version }) => {
          const before = from === null ? "" : ` It was #${from}.`;
          const moved = from === version ? "is already" : "is";
          return `${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} ${moved} #${version}.${from === version ? "" : before}`;
        }),
      );
    });
}

async function promoteOne({ client }: Cli, name: string, { to: label, from }: PromoteOptions) {
  const [before, { version }] = await Promise.all([
    versionOf(client, name, label),
    client.prompts.get(name, versionChoice(from)),
  ]);
  if (label === "latest") throw new UsageError("`latest` follows the newest version by itself.");
  if (before !== version) await client.prompts.label(name, label, version);
  return { name, label, from: before, version };
}

/** The version that a label means; null where the prompt has no such label. */
async function versionOf(client: Cli["client"], name: string, label: string): Promise<number | null> {
  try {
    return (await client.prompts.get(name, { label })).version;
  } catch {
    return null;
  }
}
