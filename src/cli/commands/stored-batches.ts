import { Command, Option } from "commander";
import type { BatchReply } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { tableLines } from "../output/table.ts";
import { formatCount, formatTime, formatUsd } from "../output/units.ts";
import { wholeNumber } from "./selection.ts";

type Status = BatchReply["status"];

const STATUSES: readonly Status[] = ["queued", "running", "completed", "cancelled", "failed"];
const SHOWN = 20;

/** What can be done with batches that were accepted. */
export const BATCH_COMMANDS: readonly ((start: StartCli) => Command)[] = [listBatches, cancelBatch, redriveBatch];

function listBatches(start: StartCli): Command {
  return new Command("list")
    .description("list the batches, newest first")
    .addOption(new Option("--status <status>", "only these").choices(STATUSES))
    .option("--limit <count>", "so many, up to 200", wholeNumber, SHOWN)
    .action(async ({ status, limit, ...options }: SharedOptions & { status?: Status; limit: number }) => {
      const cli = start(options);
      const { data } = await cli.client.batches.list({ status, limit }).page();
      cli.result(data, () => (data.length === 0 ? ["There is none."] : batchLines(cli, data)));
    });
}

function batchLines({ paint }: Cli, batches: readonly BatchReply[]): string[] {
  const columns = [
    { title: "BATCH" },
    { title: "WHEN" },
    { title: "STATUS" },
    { title: "PROMPT" },
    { title: "ENDED", isNumber: true },
    { title: "FAILED", isNumber: true },
    { title: "COST", isNumber: true },
  ];
  const rows = batches.map(({ id, created_at, status, prompt, counts, cost_usd }) => [
    paint.bold(id),
    formatTime(created_at),
    status,
    `${prompt.name} ${paint.cyan(`#${prompt.version}`)}`,
    `${formatCount(counts.succeeded + counts.failed + counts.cancelled)}/${formatCount(counts.total)}`,
    formatCount(counts.failed),
    formatUsd(cost_usd),
  ]);
  return tableLines(columns, rows, paint.dim);
}

function cancelBatch(start: StartCli): Command {
  return new Command("cancel")
    .description("start no further item; those under way end and are paid")
    .argument("<id>", "the id of the batch")
    .action(async (id: string, options: SharedOptions) => {
      const cli = start(options);
      const batch = await cli.client.batches.cancel(id);
      const { cancelled, total } = batch.counts;
      cli.result(batch, () => [
        `${cli.paint.green("✓")} ${id} is ${batch.status}: ${formatCount(cancelled)} of ${formatCount(total)} items cancelled.`,
      ]);
    });
}

function redriveBatch(start: StartCli): Command {
  return new Command("redrive")
    .description("execute the failed items of a batch again")
    .argument("<id>", "the id of the batch")
    .action(async (id: string, options: SharedOptions) => {
      const cli = start(options);
      const batch = await cli.client.batches.redrive(id);
      const left = batch.counts.queued + batch.counts.running;
      cli.result(batch, () => [
        `${cli.paint.green("✓")} ${id} is ${batch.status}: ${formatCount(left)} items are executed again.`,
        cli.paint.dim(`\`pbt-edge batch ${id} --watch\` shows how it goes on.`),
      ]);
    });
}
