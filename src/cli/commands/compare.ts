import { resolve } from "node:path";
import { Command } from "commander";
import type { ComparisonReply } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { comparisonText } from "../output/comparison-text.ts";
import { formatUsd } from "../output/units.ts";
import { readDataFile } from "../project/read-text.ts";
import { wholeNumber, versionChoice, decimal } from "./selection.ts";

interface CompareOptions extends SharedOptions {
  inputs?: string;
  repeat?: number;
  judge?: string;
  maxCost?: number;
}

/** `pbt-edge compare`: versions and models on the same inputs, side by side. */
export function compareCommand(start: StartCli): Command {
  return new Command("compare")
    .description("compare versions and models on the same inputs")
    .argument("<name>", "a stored prompt")
    .argument(
      "<subjects...>",
      "two to six: a version (3), a label (production), either with a model (3:gpt-5), or :gpt-5",
    )
    .option("--inputs <file>", "variables, one JSON object a line, in place of the tests of the newest version")
    .option("--repeat <times>", "ask so often (up to 20)", wholeNumber)
    .option("--judge <criteria>", "have a model say which of each two answers meets this better")
    .option("--max-cost <usd>", "stop before this is exceeded", decimal)
    .action(async (name: string, subjects: string[], options: CompareOptions) => {
      const cli = start(options);
      const { inputs, repeat, judge, maxCost } = options;
      const started = await cli.client.comparisons.start({
        prompt: name,
        subjects: subjects.map(readSubject),
        ...(inputs === undefined ? { tests: true as const } : { inputs: readInputs(resolve(cli.io.cwd, inputs)) }),
        ...(repeat !== undefined && { repeat }),
        ...(judge !== undefined && { judge: { criteria: judge } }),
        ...(maxCost !== undefined && { max_cost_usd: maxCost }),
      });
      const comparison = await untilEnded(cli, started.id);
      if (comparison.status !== "completed" || comparison.stopped !== null) cli.markFailed();
      cli.result(comparison, () => comparisonText(comparison, cli.paint));
    });
}

function readSubject(text: string): { version?: number; label?: string; model?: string } {
  const at = text.indexOf(":");
  const [choice, model] = at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  return { ...versionChoice(choice === "" ? undefined : choice), ...(model !== "" && { model }) };
}

function readInputs(file: string): Record<string, unknown>[] {
  try {
    const lines = readDataFile(file)
      .split("\n")
      .filter((line) => line.trim() !== "");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function untilEnded(cli: Cli, id: string): Promise<ComparisonReply> {
  for await (const comparison of cli.client.comparisons.watch(id, { signal: cli.io.signal })) {
    if (comparison.status !== "running") return comparison;
    cli.progress.show(`${comparison.done}/${comparison.total} answers, ${formatUsd(comparison.cost_usd)} so far`);
  }
  return cli.client.comparisons.get(id);
}
