import { Command } from "commander";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { meaningText, moveLabel, promotionLines } from "./label-moves.ts";

interface LabelOptions extends SharedOptions {
  reason?: string;
  delete?: boolean;
}

/** `pbt-edge label`: points a label at a version, splits it among several, or deletes it. */
export function labelCommand(start: StartCli): Command {
  return new Command("label")
    .description("point a label at a version, split it (`label hello beta 3=90 4=10`), or delete it")
    .argument("<name>", "a stored prompt")
    .argument("<label>", "such as production")
    .argument("[versions...]", "a version, or several with their weights")
    .option("--reason <text>", "why; it stands in the label's history")
    .option("--delete", "delete the label; its history stays")
    .action(async (name: string, label: string, versions: string[], options: LabelOptions) => {
      const cli = start(options);
      const { reason } = options;
      if (options.delete === true) return await deleteLabel(cli, { name, label, versions, reason });
      if (versions.length === 0) throw new UsageError("Which version? Write 3, 3=90 4=10 for a split, or --delete.");
      const arms = versions.map(readArm);
      const [first] = arms;
      const meaning = arms.length === 1 && first ? { version: first.version } : { split: arms };
      const moved = await moveLabel(cli, name, label, { ...meaning, reason });
      cli.result(moved, () => {
        if (moved.promotion) return promotionLines(cli, moved.promotion);
        return [`${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} is ${meaningText(meaning)} now.`];
      });
    });
}

async function deleteLabel(
  cli: Cli,
  { name, label, versions, reason }: { name: string; label: string; versions: string[]; reason: string | undefined },
): Promise<void> {
  if (versions.length > 0) throw new UsageError("--delete takes no version: it deletes the label, whatever it means.");
  await cli.client.labels.delete(name, label, { reason });
  cli.result({ name, label, deleted: true }, () => [
    `${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} is deleted.`,
  ]);
}

/** A version with its weight in a split: `3` or `3=90`. Throws a UsageError for anything else. */
export function readArm(text: string): { version: number; weight: number } {
  const [, version, weight = "1"] = /^#?([1-9]\d{0,8})(?:[=:](\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  if (version === undefined) throw new UsageError(`${text} is no version: write 3, or 3=90 4=10 for a split.`);
  return { version: Number(version), weight: Number(weight) };
}
