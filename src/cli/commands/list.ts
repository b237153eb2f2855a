import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { tableLines } from "../output/table.ts";
import { formatTime } from "../output/units.ts";
import { isSelected } from "../project/select.ts";

/** `pbt-edge list`: the stored prompts. */
export function listCommand(start: StartCli): Command {
  return new Command("list")
    .alias("ls")
    .description("list the stored prompts")
    .argument("[selectors...]", "only these: a name, folder/*, tag:x")
    .action(async (selectors: string[], options: SharedOptions) => {
      const cli = start(options);
      const stored = await cli.client.prompts.list({ limit: 100 }).all();
      const prompts = stored.filter((prompt) => isSelected(prompt, selectors));
      cli.result(prompts, () => {
        if (prompts.length === 0) return ["No prompt is stored. `pbt-edge push` publishes those of the project."];
        const columns = [
          { title: "PROMPT" },
          { title: "NEWEST", isNumber: true },
          { title: "LABELS" },
          { title: "UPDATED" },
          { title: "TAGS" },
        ];
        const rows = prompts.map(({ name, version, labels, updated_at, tags }) => [
          cli.paint.bold(name),
          cli.paint.cyan(`#${version}`),
          labels.map(meaningOf).join(", "),
          formatTime(updated_at),
          cli.paint.dim(tags.join(", ")),
        ]);
        return tableLines(columns, rows, cli.paint.dim);
      });
    });
}

/** `production #3`, or `beta split`. */
function meaningOf({ label, version }: { label: string; version?: number }): string {
  return `${label} ${version === undefined ? "split" : `#${version}`}`;
}
