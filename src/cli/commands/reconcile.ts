import { resolve } from "node:path";
import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { tableLines } from "../output/table.ts";
import { readDataFile } from "../project/read-text.ts";
import { formatCount, formatTime, formatUsd } from "../output/units.ts";

/** `pbt-edge reconcile`: what the provider bills beside what was counted here. */
export function reconcileCommand(start: StartCli): Command {
  return new Command("reconcile")
    .description("compare a provider's usage or cost export with what was counted; ends with 1 where they differ")
    .argument("<file>", "the JSON of the provider's usage or costs API, - for the standard input")
    .requiredOption("--provider <name>", "openai or anthropic")
    .action(async (file: string, options: SharedOptions & { provider: string }) => {
      const cli = start(options);
      const { provider } = options;
      if (provider !== "openai" && provider !== "anthropic") throw new UsageError("--provider is openai or anthropic.");
      const text = file === "-" ? await cli.io.readInput() : readDataFile(resolve(cli.io.cwd, file));
      const report = await cli.client.usage.reconcile({ provider, rows: rowsOf(text) });
      const format = report.unit === "usd" ? formatUsd : formatCount;
      if (report.data.length > 0) cli.markFailed();
      cli.result(report, () => {
        const { calls, from, to, uncounted_calls: uncounted } = report.compared;
        const columns = [
          { title: "FROM" },
          { title: "MODEL" },
          { title: "KIND" },
          ...["OURS", "THEIRS", "DIFFERENCE", "UNCOUNTED CALLS"].map((title) => ({ title, isNumber: true })),
        ];
        const rows = report.data.map((each) => [
          formatTime(each.from),
          each.model,
          each.kind,
          format(each.ours),
          format(each.theirs),
          cli.paint.red(format(each.difference)),
          formatCount(each.uncounted_calls),
        ]);
        const what = `${formatCount(calls)} calls from ${formatTime(from)} to ${formatTime(to)}`;
        return [
          ...(rows.length === 0
            ? [cli.paint.green(`${what}: nothing differs.`)]
            : [...tableLines(columns, rows, cli.paint.dim), `${what}.`]),
          ...(uncounted > 0
            ? [cli.paint.yellow(`${uncounted} calls broke off before the provider told their usage.`)]
            : []),
          ...report.not_compared.map((each) =>
            cli.paint.dim(`not compared: ${each.item ?? formatTime(each.from)} (${each.reason})`),
          ),
        ];
      });
    });
}

/** Buckets or whole pages: one, a list of them, or one a line. */
function rowsOf(text: string): Record<string, unknown>[] {
  const value =
    parsed(text) ??
    text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(parsed);
  const rows: unknown[] = Array.isArray(value) ? value : [value];
  if (rows.some((row) => typeof row !== "object" || row === null)) throw new UsageError("The export is not JSON.");
  return rows as Record<string, unknown>[];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}
