import { Command, Option } from "commander";
import type { OperationQuery, OperationResult } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { widthOf } from "../output/table.ts";
import { formatCount, formatMs, formatUsd } from "../output/units.ts";
import { wholeNumber } from "./selection.ts";

type RecordedExecution = OperationResult<"GET /v1/executions">["data"][number];

interface TailOptions extends SharedOptions {
  prompt?: string;
  status?: "succeeded" | "failed" | "unknown";
  model?: string;
  lines: number;
  follow: boolean;
}

/** Between two looks at the list, in ms. */
const POLL_MS = 2_000;
/** As many pages are read at most to find where the last look ended. */
const MOST_PAGES = 10;

/** `pbt-edge tail`: executions as they are recorded. */
export function tailCommand(start: StartCli): Command {
  return new Command("tail")
    .description("show executions as they are recorded")
    .option("--prompt <name>", "only of this prompt")
    .addOption(new Option("--status <status>", "only these").choices(["succeeded", "failed", "unknown"]))
    .option("--model <name>", "only of this model")
    .option("--lines <count>", "how many of the last ones to begin with", wholeNumber, 10)
    .option("--no-follow", "do not wait for more")
    .action(async ({ prompt, status, model, lines, ...options }: TailOptions) => {
      const cli = start(options);
      const query = { prompt, status, model, limit: Math.min(100, lines) };
      const first = await cli.client.executions.list(query).page();
      for (const execution of first.data.slice(0, lines).toReversed()) tell(cli, execution);
      const seen = new Set(first.data.map(({ id }) => id));
      while (options.follow) {
        await cli.io.wait(POLL_MS, cli.io.signal);
        for (const execution of await newSince(cli, query, seen)) tell(cli, execution);
      }
    });
}

/** Those that were not told yet, oldest first. One that began earlier may be recorded later. */
async function newSince(
  { client }: Cli,
  query: OperationQuery<"GET /v1/executions">,
  seen: Set<string>,
): Promise<RecordedExecution[]> {
  const found: RecordedExecution[] = [];
  let pages = 0;
  for await (const { data } of client.executions.list(query).pages()) {
    const fresh = data.filter(({ id }) => !seen.has(id));
    found.push(...fresh);
    if (fresh.length < data.length || (pages += 1) >= MOST_PAGES) break;
  }
  for (const { id } of found) seen.add(id);
  return found.toReversed();
}

function tell(cli: Cli, execution: RecordedExecution): void {
  const { paint } = cli;
  cli.event(execution, () => {
    const { created_at, status, prompt, model, usage, cost_usd, latency_ms, cached, error, id } = execution;
    const mark = status === "succeeded" ? paint.green("✓") : status === "failed" ? paint.red("✗") : paint.yellow("?");
    const facts = [
      model ?? "no model",
      `${formatCount(usage.total_tokens)} tokens`,
      formatUsd(cost_usd),
      formatMs(latency_ms),
      ...(cached === false ? [] : [`from ${cached}`]),
    ];
    const name = prompt ? `${paint.bold(prompt.name)} ${paint.cyan(`#${prompt.version}`)}` : paint.dim("no prompt");
    const fault = error ? ` ${paint.red(`${error.code}: ${error.detail}`)}` : "";
    const line = `${paint.dim(created_at.slice(11, 19))} ${mark} ${name} ${facts.join(" · ")}`;
    // A terminal shows the id where it fits into the line; a pipe and JSON always have it.
    const fits = !cli.io.isTerminal || widthOf(line) + id.length < cli.io.columns;
    return `${line}${fits ? ` ${paint.dim(id)}` : ""}${fault}`;
  });
}
