import { Command } from "commander";
import type { OperationResult } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { sparkline } from "../output/sparkline.ts";
import { tableLines } from "../output/table.ts";
import { formatCount, formatShare, formatTime, formatUsd } from "../output/units.ts";
import { wholeNumber } from "./selection.ts";

type UsageRow = OperationResult<"GET /v1/usage">["data"][number];

interface UsageOptions extends SharedOptions {
  by: string;
  days: number;
  limit?: number;
  from?: string;
  to?: string;
  csv?: boolean;
}

const DAY_MS = 86_400_000;

/** `pbt-edge usage`: what was executed and spent, by groups, each with its course over the days. */
export function usageCommand(start: StartCli): Command {
  return new Command("usage")
    .description("show what was executed and spent")
    .option("--by <dimensions>", "prompt, version, label, model, provider, key, user, tag, lane", "prompt")
    .option("--days <count>", "how many days up to now", wholeNumber, 30)
    .option("--from <time>", "in place of --days, such as 2026-11-01T00:00:00Z")
    .option("--to <time>", "the end, which is not included")
    .option("--limit <count>", "only those that cost most", wholeNumber)
    .option("--csv", "print CSV")
    .action(async (options: UsageOptions) => {
      const cli = start(options);
      const period = periodOf(cli, options);
      const asked = { ...period, group_by: options.by, order: "-cost_usd" as const, limit: options.limit };
      if (options.csv) return cli.io.write(await cli.client.usage.csv(asked));
      const [groups, byDay] = await Promise.all([
        cli.client.usage.get(asked),
        cli.client.usage.get({ ...period, group_by: `${options.by},day` }),
      ]);
      const isCut = groups.data.length === options.limit;
      cli.result(groups, () => usageLines(cli, groups, byDay.data, { dimensions: options.by.split(","), isCut }));
    });
}

function periodOf({ io }: Cli, { from, to, days }: UsageOptions): { from: string; to?: string } {
  const begin = from ?? new Date(Math.floor(io.now() / DAY_MS) * DAY_MS - (days - 1) * DAY_MS).toISOString();
  return { from: begin, ...(to !== undefined && { to }) };
}

function usageLines(
  { paint }: Cli,
  { data, from, to }: OperationResult<"GET /v1/usage">,
  byDay: readonly UsageRow[],
  { dimensions, isCut }: { dimensions: readonly string[]; isCut: boolean },
): string[] {
  if (data.length === 0) return ["Nothing was executed in this time."];
  const days = daysBetween(from, to);
  const columns = [
    ...dimensions.map((title) => ({ title: title.toUpperCase() })),
    ...["EXECUTIONS", "TOKENS", "COST", "SAVED", "ERRORS"].map((title) => ({ title, isNumber: true })),
    { title: "COST BY DAY" },
  ];
  const rows = data.map((row) => {
    const own = byDay.filter((each) => dimensions.every((dimension) => each[dimension] === row[dimension]));
    const costs = new Map(own.map((each) => [String(each["day"]).slice(0, 10), each.cost_usd]));
    return [
      ...dimensions.map((dimension) => paint.bold(groupName(row[dimension]))),
      ...figuresOf(row),
      paint.cyan(sparkline(days.map((day) => costs.get(day) ?? 0))),
    ];
  });
  const total = [
    ...dimensions.map((_, at) => (at === 0 ? (isCut ? "these" : "total") : "")),
    ...figuresOf(sumOf(data)),
    "",
  ];
  return [
    ...tableLines(columns, [...rows, total], paint.dim),
    paint.dim(`${formatTime(from)} to ${formatTime(to)} UTC`),
  ];
}

function figuresOf(row: Pick<UsageRow, "executions" | "total_tokens" | "cost_usd" | "saved_usd" | "errors">): string[] {
  return [
    formatCount(row.executions),
    formatCount(row.total_tokens),
    formatUsd(row.cost_usd),
    formatUsd(row.saved_usd),
    row.errors === 0 ? "0" : `${formatCount(row.errors)} (${formatShare(row.errors / row.executions)})`,
  ];
}

function sumOf(rows: readonly UsageRow[]) {
  const sum = (key: "executions" | "total_tokens" | "cost_usd" | "saved_usd" | "errors") =>
    rows.reduce((total, row) => total + row[key], 0);
  return {
    executions: sum("executions"),
    total_tokens: sum("total_tokens"),
    cost_usd: sum("cost_usd"),
    saved_usd: sum("saved_usd"),
    errors: sum("errors"),
  };
}

/** The days of a time, as the API names them. */
function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let day = Math.floor(Date.parse(from) / DAY_MS); day * DAY_MS < Date.parse(to); day += 1) {
    days.push(new Date(day * DAY_MS).toISOString().slice(0, 10));
  }
  return days;
}

/** Null and an empty text are the group of what has none: no user, no prompt. */
function groupName(value: unknown): string {
  return (typeof value === "string" && value !== "") || typeof value === "number" ? `${value}` : "none";
}
