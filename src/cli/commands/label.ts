import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";

/** `pbt-edge label`: points a label at a version, or splits it among several. */
export function labelCommand(start: StartCli): Command {
  return new Command("label")
    .description("point a label at a version, or split it: `label hello beta 3=90 4=10`")
    .argument("<name>", "a stored prompt")
    .argument("<label>", "such as production")
    .argument("<versions...>", "a version, or several with their weights")
    .action(async (name: string, label: string, versions: string[], options: SharedOptions) => {
      const cli = start(options);
      const arms = versions.map(readArm);
      const [first] = arms;
      const target = arms.length === 1 && first ? first.version : { split: arms };
      const set = await cli.client.prompts.label(name, label, target);
      const shown = arms.map(({ version, weight }) => (arms.length === 1 ? `#${version}` : `#${version} (${weight})`));
      cli.result(set, () => [
        `${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} is ${shown.join(", ")} now.`,
      ]);
    });
}

function readArm(text: string): { version: number; weight: number } {
  const [, version, weight = "1"] = /^#?([1-9]\d{0,8})(?:[=:](\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (version === undefined) throw new UsageError(`${text} is no version: write 3, or 3=90 4=10 for a split.`);
  return { version: Number(version), weight: Number(weight) };
}
