import { Command, Option } from "commander";
import type { OptimizationReply } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { tableLines } from "../output/table.ts";
import { formatShare, formatUsd } from "../output/units.ts";
import { versionChoice, decimal } from "./selection.ts";

interface OptimizeOptions extends SharedOptions {
  goal: "tokens" | "score";
  maxCost: number;
  minSaving?: number;
  level?: "safe" | "concise" | "telegraphic";
  at?: string;
}

/**
 * `pbt-edge optimize`: looks for a shorter or better version, and publishes it only where tests
 * show it.
 */
export function optimizeCommand(start: StartCli): Command {
  return new Command("optimize")
    .description(
      "look for a shorter or better version; it is published where the prompt's tests show that it is no worse",
    )
    .argument("<name>", "a stored prompt")
    .addOption(
      new Option("--goal <goal>", "fewer tokens, or a higher score").choices(["tokens", "score"]).default("tokens"),
    )
    .requiredOption("--max-cost <usd>", "what all of its executions may cost", decimal)
    .option("--min-saving <share>", "the least share of tokens to save, such as 0.1 (0.3)", decimal)
    .addOption(
      new Option("--level <level>", "the boldest of the fixed passes to try (telegraphic)").choices([
        "safe",
        "concise",
        "telegraphic",
      ]),
    )
    .option("--at <version>", "the version or label to begin with")
    .addHelpText("after", "\nEnds with 1 where nothing was published. No label is moved.")
    .action(async (name: string, options: OptimizeOptions) => {
      const cli = start(options);
      const { goal, maxCost, minSaving, level } = options;
      const body = {
        goal,
        max_cost_usd: maxCost,
        ...(minSaving !== undefined && { min_saving: minSaving }),
        ...(level && { level }),
      };
      const started = await cli.client.optimizations.start(name, { ...body, ...versionChoice(options.at) });
      cli.note(cli.paint.dim(`${started.id} goes on by itself; Ctrl-C only ends the watching.`));
      const ended = await untilEnded(cli, started.id);
      if (ended.published === null) cli.markFailed();
      cli.result(ended, () => optimizationText(cli, ended));
    });
}

async function untilEnded(cli: Cli, id: string): Promise<OptimizationReply> {
  for await (const run of cli.client.optimizations.watch(id, { signal: cli.io.signal })) {
    if (run.status !== "running") return run;
    cli.progress.show(`${run.candidates.length} candidates, ${formatUsd(run.cost_usd)} so far`);
  }
  return cli.client.optimizations.get(id);
}

function optimizationText({ paint }: Cli, run: OptimizationReply): string[] {
  const columns = [
    { title: "CANDIDATE" },
    ...["TOKENS", "SAVED", "PASSED", "SCORE"].map((title) => ({ title, isNumber: true })),
    { title: "CHANGES" },
  ];
  const rows = run.candidates.map(({ origin, level, tokens, saving, pass_rate: passed, score, changes }, at) => [
    paint.bold(`${at} ${level ?? origin}`),
    `${tokens}`,
    formatShare(saving),
    formatShare(passed),
    score === null ? "" : score.toFixed(2),
    paint.dim(changes.join(", ")),
  ]);
  const end =
    run.published === null
      ? paint.yellow(`Nothing was published: ${lowered(run.reason ?? `it was ${run.status}.`)}`)
      : paint.green(
          `✓ ${run.prompt.name} #${run.published} is published. \`pbt-edge diff\` shows it; labels stay where they are.`,
        );
  const subject = `${paint.bold(run.prompt.name)} ${paint.cyan(`#${run.prompt.version}`)}`;
  return [subject, ...tableLines(columns, rows, paint.dim), `${end} ${formatUsd(run.cost_usd)} in all.`];
}

/** A sentence of the server as the end of one of ours. */
function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
