import { Command, Option } from "commander";
import type { OperationBody } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { tableLines } from "../output/table.ts";
import { formatTime } from "../output/units.ts";
import { decimal } from "./selection.ts";

type Scope = OperationBody<"POST /v1/keys">["scopes"][number];

const SCOPES = [
  "prompts:read",
  "prompts:write",
  "prompts:approve",
  "executions:write",
  "executions:read",
  "usage:read",
  "priority:high",
  "admin",
] as const satisfies readonly Scope[];

interface CreateOptions extends SharedOptions {
  scope: Scope[];
  expires?: string;
  dailyBudget?: number;
  monthlyBudget?: number;
}

/** `pbt-edge keys`: the tenant's keys of this API. */
export function keysCommand(start: StartCli): Command {
  const command = new Command("keys").description("list, make, rotate and revoke API keys");
  command.addCommand(listKeys(start), { isDefault: true });
  command.addCommand(createKey(start));
  command.addCommand(rotateKey(start));
  command.addCommand(revokeKey(start));
  return command;
}

function listKeys(start: StartCli): Command {
  return new Command("list").description("list the live keys").action(async (options: SharedOptions) => {
    const cli = start(options);
    const keys = await cli.client.keys.list().all();
    cli.result(keys, () => {
      const columns = [
        { title: "ID" },
        { title: "NAME" },
        { title: "CREATED" },
        { title: "EXPIRES" },
        { title: "SCOPES" },
      ];
      const rows = keys.map(({ id, name, created_at, expires_at, scopes }) => [
        cli.paint.bold(id),
        name,
        formatTime(created_at),
        expires_at === null ? "" : formatTime(expires_at),
        cli.paint.dim(SCOPES.every((scope) => scopes.includes(scope)) ? "everything" : scopes.join(", ")),
      ]);
      return tableLines(columns, rows, cli.paint.dim);
    });
  });
}

function createKey(start: StartCli): Command {
  return new Command("create")
    .description("make a key; its secret is shown this once")
    .argument("<name>", "what it is for")
    .addOption(new Option("--scope <scopes...>", "what it may do").choices(SCOPES).default(["executions:write"]))
    .option("--expires <time>", "when it ends, such as 2027-01-01T00:00:00Z")
    .option("--daily-budget <usd>", "what it may spend a day", decimal)
    .option("--monthly-budget <usd>", "what it may spend a month", decimal)
    .action(async (name: string, { scope, expires, dailyBudget, monthlyBudget, ...options }: CreateOptions) => {
      const cli = start(options);
      const created = await cli.client.keys.create({
        name,
        scopes: scope,
        ...(expires !== undefined && { expires_at: expires }),
        ...(dailyBudget !== undefined && { daily_budget_usd: dailyBudget }),
        ...(monthlyBudget !== undefined && { monthly_budget_usd: monthlyBudget }),
      });
      tellSecret(cli, created);
    });
}

function rotateKey(start: StartCli): Command {
  return new Command("rotate")
    .description("give a key a new secret; the old one stays good for a while")
    .argument("<id>", "the id of the key")
    .option("--overlap <seconds>", "how long the old secret stays good (a day)", decimal)
    .action(async (id: string, { overlap, ...options }: SharedOptions & { overlap?: number }) => {
      const cli = start(options);
      tellSecret(cli, await cli.client.keys.rotate(id, overlap === undefined ? {} : { overlap_seconds: overlap }));
    });
}

function revokeKey(start: StartCli): Command {
  return new Command("revoke")
    .description("end a key")
    .argument("<id>", "the id of the key")
    .action(async (id: string, options: SharedOptions) => {
      const cli = start(options);
      await cli.client.keys.delete(id);
      cli.result({ id, revoked: true }, () => [`${cli.paint.green("✓")} ${id} is revoked.`]);
    });
}

/** The secret is the output, so that it can be piped to where it belongs. */
function tellSecret(cli: Cli, key: { id: string; name: string; secret: string }): void {
  cli.note(`${cli.paint.green("✓")} ${key.name} (${key.id}). Keep the secret: it is not shown again.`);
  cli.result(key, () => [key.secret]);
}
