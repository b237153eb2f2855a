import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { historyOf } from "./history.ts";
import { meaningText } from "./label-moves.ts";
import { readArm } from "./label.ts";

interface MoveOptions extends SharedOptions {
  reason?: string;
}

/** Versions and labels of chains. */
export const CHAIN_LABEL_COMMANDS: readonly ((start: StartCli) => Command)[] = [
  (start) => historyOf("chain", start).alias("labels"),
  labelChain,
  rollbackChain,
];

function labelChain(start: StartCli): Command {
  return new Command("label")
    .description("point a label of a chain at a version, split it (`chain label fun beta 3=90 4=10`), or delete it")
    .argument("<name>", "a stored chain")
    .argument("<label>", "such as production")
    .argument("[versions...]", "a version, or several with their weights")
    .option("--reason <text>", "why; it stands in the label's history")
    .option("--delete", "delete the label; its history stays")
    .action(async (name: string, label: string, versions: string[], options: MoveOptions & { delete?: boolean }) => {
      const cli = start(options);
      const { reason } = options;
      const path = { name, label };
      const told = `${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)}`;
      if (options.delete === true) {
        if (versions.length > 0)
          throw new UsageError("--delete takes no version: it deletes the label, whatever it means.");
        await cli.client.request("DELETE /v1/chains/{name}/labels/{label}", { path, query: { reason } });
        return cli.result({ name, label, deleted: true }, () => [`${told} is deleted.`]);
      }
      const arms = versions.map(readArm);
      const [first] = arms;
      if (!first) throw new UsageError("Which version? Write 3, 3=90 4=10 for a split, or --delete.");
      const body = { ...(arms.length === 1 ? { version: first.version } : { split: arms }), reason };
      const set = await cli.client.request("PUT /v1/chains/{name}/labels/{label}", { path, body });
      cli.result(set, () => [`${told} is ${meaningText(set)} now.`]);
    });
}

function rollbackChain(start: StartCli): Command {
  return new Command("rollback")
    .description("let a label of a chain mean what it meant before; once more goes further back")
    .argument("<name>", "a stored chain")
    .option("--label <label>", "the label", "production")
    .option("--reason <text>", "why; it stands in the label's history")
    .action(async (name: string, { label, reason, ...options }: MoveOptions & { label: string }) => {
      const cli = start(options);
      const path = { name, label };
      const set = await cli.client.request("POST /v1/chains/{name}/labels/{label}/rollback", {
        path,
        body: { reason },
      });
      cli.result(set, () => [
        `${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} is ${meaningText(set)} again.`,
      ]);
    });
}
