import { Command } from "commander";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { tableLines } from "../output/table.ts";
import { formatTime } from "../output/units.ts";
import { meaningText } from "./label-moves.ts";
import { wholeNumber } from "./selection.ts";

interface HistoryOptions extends SharedOptions {
  limit: number;
}

/** What has versions and labels, and the lists of both. */
const LISTS = {
  prompt: {
    versions: "GET /v1/prompts/{name}/versions",
    labels: "GET /v1/prompts/{name}/labels",
    moves: "GET /v1/prompts/{name}/labels/{label}/history",
  },
  chain: {
    versions: "GET /v1/chains/{name}/versions",
    labels: "GET /v1/chains/{name}/labels",
    moves: "GET /v1/chains/{name}/labels/{label}/history",
  },
} as const;

type Noun = keyof typeof LISTS;

const MOST = 100;

/** `pbt-edge history`: the versions of a prompt with their labels, or the moves of a label. */
export function historyCommand(start: StartCli): Command {
  return historyOf("prompt", start);
}

/** A command that lists the versions of a prompt or chain with their labels, or a label's moves. */
export function historyOf(noun: Noun, start: StartCli): Command {
  return new Command("history")
    .description(`list the versions of a ${noun}, or who moved one of its labels when, and why`)
    .argument("<name>", `a stored ${noun}`)
    .argument("[label]", "one of its labels")
    .option("--limit <count>", "how many of the newest (up to 100)", wholeNumber, 20)
    .action(async (name: string, label: string | undefined, options: HistoryOptions) => {
      const cli = start(options);
      const limit = Math.min(MOST, options.limit);
      await (label === undefined ? showVersions(cli, noun, name, limit) : showMoves(cli, noun, { name, label }, limit));
    });
}

async function showVersions(cli: Cli, noun: Noun, name: string, limit: number): Promise<void> {
  const { client, paint } = cli;
  const path = { name };
  const [{ data }, labels] = await Promise.all([
    client.request(LISTS[noun].versions, { path, query: { limit } }),
    client.list(LISTS[noun].labels, { path }).all(),
  ]);
  const versions = data.map((version) => ({
    ...version,
    labels: labels.filter((each) => isAt(each, version.version)).map(({ label }) => label),
  }));
  cli.result(versions, () => {
    const columns = [
      { title: "VERSION", isNumber: true },
      { title: "PUBLISHED" },
      { title: "LABELS" },
      { title: "HASH" },
    ];
    const rows = versions.map(({ version, created_at, labels, content_hash }) => [
      paint.cyan(`#${version}`),
      formatTime(created_at),
      paint.magenta(labels.join(", ")),
      paint.dim(content_hash.slice(0, 12)),
    ]);
    return tableLines(columns, rows, paint.dim);
  });
}

function isAt({ version, split }: { version?: number; split?: { version: number }[] }, wanted: number): boolean {
  return version === wanted || (split?.some((arm) => arm.version === wanted) ?? false);
}

async function showMoves(cli: Cli, noun: Noun, path: { name: string; label: string }, limit: number): Promise<void> {
  const { data } = await cli.client.request(LISTS[noun].moves, { path, query: { limit } });
  cli.result(data, () => {
    const columns = [
      { title: "WHEN" },
      { title: "FROM" },
      { title: "TO" },
      { title: "CAUSE" },
      { title: "WHO" },
      { title: "WHY" },
    ];
    const rows = data.map(({ when, from, to, cause, who, why }) => [
      formatTime(when),
      meaningText(from),
      cli.paint.cyan(meaningText(to)),
      cause,
      cli.paint.dim(who ?? ""),
      why ?? "",
    ]);
    return data.length === 0 ? ["The label was never moved."] : tableLines(columns, rows, cli.paint.dim);
  });
}
