import { createHash, randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { Command } from "commander";
import type { BatchReply } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { bar } from "../output/progress-line.ts";
import { formatCount, formatMs, formatUsd } from "../output/units.ts";
import { readBatchItems } from "../project/batch-items.ts";
import { readDataFile, whyUnreadable } from "../project/read-text.ts";
import { checkWritable, writeOutput } from "../project/write-output.ts";
import { BATCH_COMMANDS } from "./stored-batches.ts";
import { versionChoice, decimal } from "./selection.ts";

interface BatchOptions extends SharedOptions {
  prompt?: string;
  at?: string;
  model?: string;
  mode?: "queue" | "provider";
  maxCost?: number;
  watch?: boolean;
  output?: string;
  again?: boolean;
}

/** `pbt-edge batch`: executes a prompt for each line of a file, or goes on with a batch. */
export function batchCommand(start: StartCli): Command {
  const command = new Command("batch").description("execute a prompt for each line of an NDJSON file");
  command.addCommand(runBatch(start), { isDefault: true });
  for (const make of BATCH_COMMANDS) command.addCommand(make(start));
  return command;
}

function runBatch(start: StartCli): Command {
  return new Command("run")
    .description("execute a file, or go on with a batch; `batch <file>` is the same")
    .argument("<file>", "items {custom_id, variables} or variables alone, - for the standard input; or a batch's id")
    .option("--prompt <name>", "the prompt")
    .option("--at <version>", "a version or label")
    .option("--model <name>", "in place of the prompt's own")
    .option("--mode <mode>", "`provider` takes half the price and up to a day")
    .option("--max-cost <usd>", "stop before this is exceeded", decimal)
    .option("--watch", "show the progress until the end")
    .option("--output <file>", "write the results there at the end, one a line (implies --watch)")
    .option("--again", "execute the same file once more, in place of going on with the last batch")
    .addHelpText(
      "after",
      "\nCalled again within a day, the same file goes on with the same batch: nothing is paid twice.",
    )
    .action(async (file: string, options: BatchOptions) => {
      const cli = start(options);
      const output = options.output === undefined ? undefined : resolve(cli.io.cwd, options.output);
      if (output !== undefined) checkWritable(output);
      const accepted = /^bat_[0-9a-f-]{36}$/.test(file)
        ? await cli.client.batches.get(file)
        : await send(cli, file, options);
      const isWatched = options.watch || options.output !== undefined;
      if (!isWatched) {
        cli.result(accepted, () => [
          `${accepted.id} has ${formatCount(accepted.counts.total)} items.`,
          cli.paint.dim(`\`pbt-edge batch ${accepted.id} --watch\` shows how it goes on.`),
        ]);
        return;
      }
      const batch = await watchToEnd(cli, accepted);
      if (output !== undefined) await writeOutput(output, resultLines(cli, batch.id));
      if (batch.status !== "completed" || batch.counts.failed > 0) cli.markFailed();
      tellEnd(cli, batch, options.output);
    });
}

async function send(cli: Cli, file: string, options: BatchOptions): Promise<BatchReply> {
  if (options.prompt === undefined) throw new UsageError("Which prompt? Name it: --prompt <name>.");
  const { text } = readBatchItems(file === "-" ? await cli.io.readInput() : readFile(cli, file));
  const { prompt, model, mode, maxCost } = options;
  const query = { prompt, model, mode, ...versionChoice(options.at), max_cost_usd: maxCost };
  // The same file with the same options has the same key, so that calling again goes on.
  const content = createHash("sha256").update(JSON.stringify(query)).update(text).digest("hex");
  return cli.client.request("POST /v1/batches", {
    query,
    body: text,
    headers: { "content-type": "application/x-ndjson" },
    idempotencyKey: options.again ? randomUUID() : `pbt-edge-${content}`,
  });
}

function readFile({ io }: Cli, file: string): string {
  try {
    return readDataFile(resolve(io.cwd, file));
  } catch (error) {
    throw new UsageError(`${file} ${whyUnreadable(error)}.`);
  }
}

async function watchToEnd(cli: Cli, accepted: BatchReply): Promise<BatchReply> {
  const began = cli.io.now();
  cli.note(cli.paint.dim(`${accepted.id}: Ctrl-C leaves it running; the same call goes on watching.`));
  for await (const event of cli.client.batches.watch(accepted.id, { signal: cli.io.signal })) {
    if (event.type === "done") return event.batch;
    if (cli.isJson) cli.event(event, () => null);
    const { total, succeeded, failed, cancelled } = event.counts;
    const done = succeeded + failed + cancelled;
    const left = done > 0 ? `, about ${formatMs(((cli.io.now() - began) / done) * (total - done))} left` : "";
    const faults = failed > 0 ? `, ${formatCount(failed)} failed` : "";
    cli.progress.show(
      `${bar(done / total)} ${formatCount(done)}/${formatCount(total)}${faults}, ${formatUsd(event.cost_usd)} so far${left}`,
    );
  }
  return cli.client.batches.get(accepted.id);
}

async function* resultLines({ client }: Cli, id: string): AsyncGenerator<string> {
  for await (const item of client.batches.items(id)) yield `${JSON.stringify(item)}\n`;
}

function tellEnd(cli: Cli, batch: BatchReply, output: string | undefined): void {
  const { succeeded, failed, cancelled } = batch.counts;
  const counts = [
    cli.paint.green(`${formatCount(succeeded)} succeeded`),
    ...(failed > 0 ? [cli.paint.red(`${formatCount(failed)} failed`)] : []),
    ...(cancelled > 0 ? [`${formatCount(cancelled)} cancelled`] : []),
    formatUsd(batch.cost_usd),
  ];
  const end = () => [
    `${batch.id} ${batch.status}: ${counts.join(cli.paint.dim(" · "))}`,
    ...(output === undefined ? [] : [cli.paint.dim(`The results are in ${output}.`)]),
    ...(failed > 0
      ? [cli.paint.dim(`The results say why; \`pbt-edge batch redrive ${batch.id}\` executes those items again.`)]
      : []),
  ];
  if (cli.isJson) cli.event({ type: "done", batch }, () => null);
  else cli.result(batch, end);
}
