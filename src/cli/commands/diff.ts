import { Command } from "commander";
import { NotFoundError } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { diffSize, diffText } from "../output/diff-text.ts";
import { Paint } from "../output/paint.ts";
import { inParallel } from "../project/in-parallel.ts";
import { diffLines } from "../project/line-diff.ts";
import { versionChoice } from "./selection.ts";

/** Programs get the lines of a diff without colour. */
const PLAIN = new Paint(false);

interface DiffOptions extends SharedOptions {
  label?: string;
  exitCode?: boolean;
}

/** One prompt's two texts. */
interface Compared {
  name: string;
  /** What both sides are, for a person: `#3`, `the project`. */
  sides: [string, string];
  /** Null where that side does not have the prompt. */
  before: string | null;
  after: string | null;
}

/**
 * `pbt-edge diff`: what differs between the project and what is stored, or between two versions.
 */
export function diffCommand(start: StartCli): Command {
  return new Command("diff")
    .description("compare the project with what is stored, or two versions of a prompt")
    .argument("[name]", "one prompt; all of the project without it")
    .argument("[from]", "a version or label")
    .argument("[to]", "a version or label")
    .option("--label <label>", "compare with the versions of this label, in place of the newest")
    .option("--exit-code", "end with 1 where something differs")
    .action(
      async (name: string | undefined, from: string | undefined, to: string | undefined, options: DiffOptions) => {
        const cli = start(options);
        if (name !== undefined && from !== undefined && to !== undefined)
          return await showVersions(cli, { name, from, to }, options);
        const against = from ?? options.label;
        const prompts = cli.project.prompts.filter((prompt) => name === undefined || prompt.name === name);
        if (name !== undefined && prompts.length === 0) throw new UsageError(`The project has no prompt ${name}.`);
        const newest = new Map(
          (await cli.client.prompts.list({ limit: 100 }).all()).map((each) => [each.name, each.version]),
        );
        const compared = await inParallel(prompts, async (prompt): Promise<Compared> => {
          const version = newest.get(prompt.name);
          const choice = against === undefined ? { version } : versionChoice(against);
          const before = version === undefined ? null : await fileOf(cli, prompt.name, choice);
          return { name: prompt.name, sides: [against ?? `#${version}`, "the project"], before, after: prompt.source };
        });
        tell(
          cli,
          compared.filter(({ before, after }) => before !== after),
          options,
        );
      },
    );
}

async function showVersions(
  cli: Cli,
  { name, from, to }: { name: string; from: string; to: string },
  options: DiffOptions,
) {
  const [before, after] = await Promise.all([from, to].map(async (side) => fileOf(cli, name, versionChoice(side))));
  if (before === null || after === null) {
    throw new UsageError(
      `${name} has no ${before === null ? from : to}. \`pbt-edge history ${name}\` lists its versions.`,
    );
  }
  const sideOf = (text: string) => versionChoice(text).version ?? versionChoice(text).label ?? "";
  const meaning = await cli.client.prompts.diff(name, { from: sideOf(from), to: sideOf(to) });
  if (!cli.isJson && !meaning.compatible) {
    cli.note(cli.paint.yellow("Callers must change: a variable is new or takes less than before."));
  }
  tell(
    cli,
    before === after ? [] : [{ name, sides: [from, to], before: before ?? null, after: after ?? null }],
    options,
    meaning,
  );
}

async function fileOf(
  { client }: Cli,
  name: string,
  choice: { version?: number; label?: string },
): Promise<string | null> {
  try {
    return await client.prompts.file(name, choice);
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

function tell(cli: Cli, different: readonly Compared[], { exitCode }: DiffOptions, meaning?: object): void {
  const { paint } = cli;
  if (exitCode && different.length > 0) cli.markFailed();
  const diffs = different.map((each) => ({ ...each, diff: diffLines(each.before ?? "", each.after ?? "") }));
  const data = diffs.map(({ name, sides: [from, to], before, diff }) => {
    const { added, removed } = diff;
    const status = before === null ? "new" : "changed";
    return {
      name,
      from,
      to,
      status,
      lines_added: added,
      lines_removed: removed,
      diff: diffText(diff, PLAIN).join("\n"),
    };
  });
  cli.result({ different: data, ...meaning }, () =>
    diffs.length === 0
      ? ["Nothing differs."]
      : diffs.flatMap(({ name, sides, before, diff }) => [
          `${paint.bold(name)} ${before === null ? paint.green("new") : `${sides[0]} → ${sides[1]}`} ${diffSize(diff, paint)}`,
          ...diffText(diff, paint),
        ]),
  );
}
