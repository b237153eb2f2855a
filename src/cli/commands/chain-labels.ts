import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { inParallel } from "../project/in-parallel.ts";
import { tableLines } from "../output/table.ts";
import { formatTime } from "../output/units.ts";
import { meaningText } from "./label-moves.ts";
import { readArm } from "./label.ts";
import { wholeNumber } from "./selection.ts";

/** Versions and labels of chains. */
export const CHAIN_LABEL_COMMANDS: readonly ((start: StartCli) => Command)[] = [chainLabels, labelChain];

function chainLabels(start: StartCli): Command {
  return new Command("labels")
    .description("list the versions of a chain with their labels")
    .argument("<name>", "a stored chain")
    .option("--limit <count>", "how many of the newest", wholeNumber, 20)
    .action(async (name: string, { limit, ...options }: SharedOptions & { limit: number }) => {
      const cli = start(options);
      const path = { name };
      const { data } = await cli.client.request("GET /v1/chains/{name}/versions", { path, query: { limit } });
      const versions = await inParallel(data, async (each) => {
        const { labels } = await cli.client.request("GET /v1/chains/{name}", {
          path,
          query: { version: each.version },
        });
        return { ...each, labels };
      });
      cli.result(versions, () => {
        const columns = [{ title: "VERSION", isNumber: true }, { title: "PUBLISHED" }, { title: "LABELS" }];
        const rows = versions.map(({ version, created_at, labels }) => [
          cli.paint.cyan(`#${version}`),
          formatTime(created_at),
          cli.paint.magenta(labels.join(", ")),
        ]);
        return tableLines(columns, rows, cli.paint.dim);
      });
    });
}

function labelChain(start: StartCli): Command {
  return new Command("label")
    .description("point a label of a chain at a version, or split it: `chain label fun beta 3=90 4=10`")
    .argument("<name>", "a stored chain")
    .argument("<label>", "such as production")
    .argument("<versions...>", "a version, or several with their weights")
    .action(async (name: string, label: string, versions: string[], options: SharedOptions) => {
      const cli = start(options);
      const arms = versions.map(readArm);
      const [first] = arms;
      const body = arms.length === 1 && first ? { version: first.version } : { split: arms };
      const set = await cli.client.request("PUT /v1/chains/{name}/labels/{label}", { path: { name, label }, body });
      cli.result(set, () => [
        `${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} is ${meaningText(set)} now.`,
      ]);
    });
}
