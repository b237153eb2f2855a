import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { type MovedLabel, meaningText } from "./label-moves.ts";

interface RollbackOptions extends SharedOptions {
  label: string;
  reason?: string;
}

/** `pbt-edge rollback`: a label means again what it meant before, at once. */
export function rollbackCommand(start: StartCli): Command {
  return new Command("rollback")
    .description("let a label mean what it meant before; once more goes further back")
    .argument("<names...>", "stored prompts")
    .option("--label <label>", "the label", "production")
    .option("--reason <text>", "why; it stands in the label's history")
    .action(async (names: string[], { label, reason, ...options }: RollbackOptions) => {
      const cli = start(options);
      const moved: MovedLabel[] = [];
      for (const name of names) moved.push(await cli.client.labels.rollback(name, label, { reason }));
      cli.result(moved, () =>
        moved.map(
          (each) =>
            `${cli.paint.green("✓")} ${each.name}${cli.paint.magenta(`@${label}`)} is ${meaningText(each)} again.`,
        ),
      );
    });
}
