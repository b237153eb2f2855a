import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { inParallel } from "../project/in-parallel.ts";
import { tableLines } from "../output/table.ts";
import { formatTime } from "../output/units.ts";
import { wholeNumber } from "./selection.ts";

/** `pbt-edge history`: the versions of a prompt with the labels that point at them. */
export function historyCommand(start: StartCli): Command {
  return new Command("history")
    .description("list the versions of a prompt and their labels")
    .argument("<name>", "a stored prompt")
    .option("--limit <count>", "how many of the newest versions", wholeNumber, 20)
    .action(async (name: string, options: SharedOptions & { limit: number }) => {
      const cli = start(options);
      const { data } = await cli.client.request("GET /v1/prompts/{name}/versions", {
        path: { name },
        query: { limit: Math.min(100, options.limit) },
      });
      const versions = await inParallel(data.slice(0, options.limit), async (version) => {
        return { ...version, labels: (await cli.client.prompts.get(name, { version: version.version })).labels };
      });
      cli.result(versions, () => {
        const columns = [
          { title: "VERSION", isNumber: true },
          { title: "PUBLISHED" },
          { title: "LABELS" },
          { title: "HASH" },
        ];
        const rows = versions.map(({ version, created_at, labels, content_hash }) => [
          cli.paint.cyan(`#${version}`),
          formatTime(created_at),
          cli.paint.magenta(labels.join(", ")),
          cli.paint.dim(content_hash.slice(0, 12)),
        ]);
        return tableLines(columns, rows, cli.paint.dim);
      });
    });
}
