import { Command } from "commander";
import { NotFoundError } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { awaitPromotion, moveLabel, type PromotionReply, promotionLines } from "./label-moves.ts";
import { versionChoice } from "./selection.ts";

interface PromoteOptions extends SharedOptions {
  to: string;
  from: string;
  reason?: string;
  wait?: boolean;
}

/** What became of one prompt. */
interface PromotedPrompt {
  name: string;
  label: string;
  /** What the label meant before; null where the prompt did not have it. */
  from: number | null;
  version: number;
  promotion?: PromotionReply;
}

/** `pbt-edge promote`: points a label at the version that another label means. */
export function promoteCommand(start: StartCli): Command {
  return new Command("promote")
    .description("let a label mean what another one means: the newest version by default")
    .argument("<names...>", "stored prompts")
    .requiredOption("--to <label>", "the label that is moved, such as production")
    .option("--from <version>", "a version, or a label such as staging", "latest")
    .option("--reason <text>", "why; it stands in the label's history")
    .option("--wait", "of a protected label: wait for its checks, and end with 1 where they fail")
    .action(async (names: string[], options: PromoteOptions) => {
      const cli = start(options);
      if (options.to === "latest") throw new UsageError("`latest` follows the newest version by itself.");
      const promoted: PromotedPrompt[] = [];
      for (const name of names) promoted.push(await promoteOne(cli, name, options));
      cli.result(promoted, () => promoted.flatMap((each) => linesOf(cli, each)));
    });
}

async function promoteOne(
  cli: Cli,
  name: string,
  { to: label, from, reason, wait }: PromoteOptions,
): Promise<PromotedPrompt> {
  const [before, { version }] = await Promise.all([
    versionOf(cli, name, label),
    cli.client.prompts.get(name, versionChoice(from)),
  ]);
  const result = { name, label, from: before, version };
  if (before === version) return result;
  const { promotion } = await moveLabel(cli, name, label, { version, reason });
  if (promotion === undefined) return result;
  return { ...result, promotion: wait ? await awaitPromotion(cli, promotion) : promotion };
}

/** The version that a label means; null where the prompt has no such label. */
async function versionOf({ client }: Cli, name: string, label: string): Promise<number | null> {
  try {
    return (await client.prompts.get(name, { label })).version;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

function linesOf(cli: Cli, { name, label, from, version, promotion }: PromotedPrompt): string[] {
  const { paint } = cli;
  if (promotion) return promotionLines(cli, promotion);
  const before = from === null || from === version ? "" : ` It was #${from}.`;
  return [
    `${paint.green("✓")} ${name}${paint.magenta(`@${label}`)} is ${from === version ? "already " : ""}#${version}.${before}`,
  ];
}
