import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { bar } from "../output/progress-line.ts";
import { tableLines } from "../output/table.ts";
import { formatTime, formatUsd } from "../output/units.ts";
import { decimal } from "./selection.ts";

interface SetOptions extends SharedOptions {
  daily?: number;
  monthly?: number;
}

/** `pbt-edge budget`: what the tenant, a key or a prompt may spend. */
export function budgetCommand(start: StartCli): Command {
  const command = new Command("budget").description("show and set what may be spent");
  command.addCommand(listBudgets(start), { isDefault: true });
  command.addCommand(setBudget(start));
  command.addCommand(deleteBudget(start));
  return command;
}

function listBudgets(start: StartCli): Command {
  return new Command("list")
    .description("show every budget and what it has left")
    .action(async (options: SharedOptions) => {
      const cli = start(options);
      const budgets = await cli.client.budgets.list().all();
      cli.result(budgets, () => {
        if (budgets.length === 0) return ["There is no budget. `pbt-edge budget set tenant --daily 50` sets one."];
        const columns = [
          { title: "SCOPE" },
          { title: "WINDOW" },
          ...["LIMIT", "SPENT", "RESERVED", "LEFT"].map((title) => ({ title, isNumber: true })),
          { title: "" },
          { title: "RESETS" },
        ];
        const rows = budgets.map((each) => {
          const share = (each.spent_usd + each.reserved_usd) / each.limit_usd;
          const paint = share >= 1 ? cli.paint.red : share >= 0.8 ? cli.paint.yellow : cli.paint.green;
          const money = [each.limit_usd, each.spent_usd, each.reserved_usd, each.remaining_usd].map(formatUsd);
          return [cli.paint.bold(each.scope), each.window, ...money, paint(bar(share, 12)), formatTime(each.resets_at)];
        });
        return tableLines(columns, rows, cli.paint.dim);
      });
    });
}

function setBudget(start: StartCli): Command {
  return new Command("set")
    .description("set what a scope may spend in a day and in a month of UTC")
    .argument("<scope>", "tenant, key:<id> or prompt:<name>")
    .option("--daily <usd>", "US dollars a day", decimal)
    .option("--monthly <usd>", "US dollars a month", decimal)
    .action(async (scope: string, { daily, monthly, ...options }: SetOptions) => {
      const cli = start(options);
      if (daily === undefined && monthly === undefined)
        throw new UsageError("Say how much: --daily 50, --monthly 900.");
      const body = {
        ...(daily !== undefined && { daily_usd: daily }),
        ...(monthly !== undefined && { monthly_usd: monthly }),
      };
      const set = await cli.client.budgets.set(scope, body);
      const limits = [
        ...(set.daily_usd === null ? [] : [`${formatUsd(set.daily_usd)} a day`]),
        ...(set.monthly_usd === null ? [] : [`${formatUsd(set.monthly_usd)} a month`]),
      ];
      cli.result(set, () => [`${cli.paint.green("✓")} ${scope} may spend ${limits.join(" and ")}.`]);
    });
}

function deleteBudget(start: StartCli): Command {
  return new Command("delete")
    .description("lift a budget")
    .argument("<scope>", "tenant, key:<id> or prompt:<name>")
    .action(async (scope: string, options: SharedOptions) => {
      const cli = start(options);
      await cli.client.budgets.delete(scope);
      cli.result({ scope, deleted: true }, () => [`${cli.paint.green("✓")} ${scope} has no budget any more.`]);
    });
}
