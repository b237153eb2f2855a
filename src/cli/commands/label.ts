import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { meaningText, moveLabel, promotionLines } from "./label-moves.ts";

/** `pbt-edge label`: points a label at a version, or splits it among several. */
export function labelCommand(start: StartCli): Command {
  return new Command("label")
    .description("point a label at a version, or split it: `label hello beta 3=90 4=10`")
    .argument("<name>", "a stored prompt")
    .argument("<label>", "such as production")
    .argument("<versions...>", "a version, or several with their weights")
    .option("--reason <text>", "why; it stands in the label's history")
    .action(async (name: string, label: string, versions: string[], options: SharedOptions & { reason?: string }) => {
      const cli = start(options);
      const arms = versions.map(readArm);
      const [first] = arms;
      const meaning = arms.length === 1 && first ? { version: first.version } : { split: arms };
      const moved = await moveLabel(cli, name, label, { ...meaning, reason: options.reason });
      cli.result(moved, () => {
        if (moved.promotion) return promotionLines(cli, moved.promotion);
        return [`${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} is ${meaningText(meaning)} now.`];
      });
    });
}

function readArm(text: string): { version: number; weight: number } {
  const [, version, weight = "1"] = /^#?([1-9]\d{0,8})(?:[=:](\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (version === undefined) throw new UsageError(`${text} is no version: write 3, or 3=90 4=10 for a split.`);
  return { version: Number(version), weight: Number(weight) };
}
