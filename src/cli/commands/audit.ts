import { Command } from "commander";
import type { OperationResult } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { tableLines } from "../output/table.ts";
import { formatTime } from "../output/units.ts";
import { wholeNumber } from "./selection.ts";

type Entry = OperationResult<"GET /v1/audit">["data"][number];

interface AuditOptions extends SharedOptions {
  actor?: string;
  action?: string;
  object?: string;
  from?: string;
  to?: string;
  limit: number;
}

/** Entries of one request. */
const MOST = 200;

/** `pbt-edge audit`: who changed what of the tenant's settings. */
export function auditCommand(start: StartCli): Command {
  return new Command("audit")
    .description("list who changed what, newest first")
    .option("--actor <id>", "the id of a key, root, or system")
    .option("--action <action>", "such as label.moved, or label.*")
    .option("--object <object>", "such as prompt:hello, or label:support/*")
    .option("--from <time>", "such as 2026-11-01T00:00:00Z")
    .option("--to <time>", "the end, which is not included")
    .option("--limit <count>", `how many of the newest (up to ${MOST})`, wholeNumber, 50)
    .action(async ({ actor, action, object, from, to, limit, ...options }: AuditOptions) => {
      const cli = start(options);
      const query = { actor, action, object, from, to, limit: Math.min(MOST, limit) };
      const data: Entry[] = [];
      // A filter that matches little is looked for page by page.
      for await (const page of cli.client.audit.list(query).pages()) {
        data.push(...page.data);
        if (data.length >= query.limit) break;
      }
      data.splice(query.limit);
      cli.result(data, () => (data.length === 0 ? ["There is no such entry."] : entryLines(cli, data)));
    });
}

function entryLines({ paint }: Cli, entries: readonly Entry[]): string[] {
  const columns = [{ title: "WHEN" }, { title: "WHO" }, { title: "ACTION" }, { title: "OBJECT" }, { title: "DETAIL" }];
  const rows = entries.map(({ at, actor, action, object, detail }) => [
    formatTime(at),
    actor.name ?? actor.id,
    action,
    paint.bold(object),
    paint.dim(detailText(detail)),
  ]);
  return tableLines(columns, rows, paint.dim);
}

/** Characters of the facts that a line shows; `--json` shows all. */
const WIDTH = 80;

/** `#1 → #2, cause: set`; facts that a short word cannot tell are JSON. */
function detailText({ from, to, ...rest }: Entry["detail"]): string {
  const change = from === undefined && to === undefined ? [] : [`${factText(from)} → ${factText(to)}`];
  const facts = Object.entries(rest).map(([name, fact]) => `${name}: ${factText(fact)}`);
  const text = [...change, ...facts].join(", ");
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}

function factText(fact: unknown): string {
  if (fact === undefined || fact === null) return "nothing";
  if (isSplit(fact)) return fact.map(({ version }) => `#${version}`).join(" ");
  return typeof fact === "string" ? fact : JSON.stringify(fact);
}

function isSplit(fact: unknown): fact is { version: number }[] {
  return (
    Array.isArray(fact) &&
    fact.length > 0 &&
    fact.every((arm: unknown) => typeof arm === "object" && arm !== null && "version" in arm)
  );
}
