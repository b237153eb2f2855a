import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { formatCount } from "../output/units.ts";

/** What can be done with batches that were accepted. */
export const BATCH_COMMANDS: readonly ((start: StartCli) => Command)[] = [cancelBatch, redriveBatch];

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
