import { Command, Option } from "commander";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { type PromotionReply, promotionLines } from "./label-moves.ts";
import { decimal } from "./selection.ts";

type Status = PromotionReply["status"];

interface ProtectOptions extends SharedOptions {
  tests?: boolean;
  variables?: boolean;
  approvals?: number;
  off?: boolean;
}

/** `pbt-edge promotions`: moves of protected labels that were asked for. */
export function promotionsCommand(start: StartCli): Command {
  const command = new Command("promotions").description("list, approve and cancel moves of protected labels");
  command.addCommand(listPromotions(start), { isDefault: true });
  command.addCommand(
    onePromotion(start, "show", "show one with its checks", async ({ client }, id) => client.promotions.get(id)),
  );
  command.addCommand(
    onePromotion(start, "approve", "approve one that another key asked for", async ({ client }, id) =>
      client.promotions.approve(id),
    ),
  );
  command.addCommand(
    onePromotion(start, "cancel", "end a pending one", async ({ client }, id) => client.promotions.cancel(id)),
  );
  return command;
}

function listPromotions(start: StartCli): Command {
  return new Command("list")
    .description("list them, newest first")
    .addOption(new Option("--status <status>", "only these").choices(["pending", "promoted", "failed", "cancelled"]))
    .action(async ({ status, ...options }: SharedOptions & { status?: Status }) => {
      const cli = start(options);
      const { data } = await cli.client.promotions.list({ status, limit: 50 }).page();
      cli.result(data, () =>
        data.length === 0 ? ["There is none."] : data.flatMap((each) => promotionLines(cli, each)),
      );
    });
}

function onePromotion(
  start: StartCli,
  name: string,
  description: string,
  call: (cli: Cli, id: string) => Promise<PromotionReply>,
): Command {
  return new Command(name)
    .description(description)
    .argument("<id>", "its id")
    .action(async (id: string, options: SharedOptions) => {
      const cli = start(options);
      const promotion = await call(cli, id);
      cli.result(promotion, () => promotionLines(cli, promotion));
    });
}

/** `pbt-edge protect`: what a label has to pass before it moves. */
export function protectCommand(start: StartCli): Command {
  return new Command("protect")
    .description("say what has to hold before a label moves")
    .argument("<name>", "a stored prompt")
    .argument("[label]", "the label", "production")
    .option("--tests", "the tests are not worse than those of the served version")
    .option("--variables", "callers need not change")
    .option("--approvals <count>", "so many other keys approve", decimal)
    .option("--off", "nothing has to hold")
    .action(async (name: string, label: string, options: ProtectOptions) => {
      const cli = start(options);
      const { tests = false, variables = false, approvals = 0, off = false } = options;
      if (!off && !tests && !variables && approvals === 0) {
        throw new UsageError("Say what has to hold: --tests, --variables, --approvals 1, or --off for nothing.");
      }
      const wanted = off
        ? { tests: false, compatible_variables: false, approvals: 0 }
        : { tests, compatible_variables: variables, approvals };
      const set = await cli.client.labels.protect(name, label, wanted);
      cli.result(set, () => [
        `${cli.paint.green("✓")} ${name}${cli.paint.magenta(`@${label}`)} ${off ? "moves freely" : "is protected"}.`,
      ]);
    });
}
