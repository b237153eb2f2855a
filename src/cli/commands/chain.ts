import { basename, resolve } from "node:path";
import { Command } from "commander";
import type { DeclaredVariable, OperationBody } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { CommandFailure, UsageError } from "../errors.ts";
import { tableLines } from "../output/table.ts";
import { formatTime } from "../output/units.ts";
import { readTextFile, whyUnreadable } from "../project/read-text.ts";
import { readVariables } from "../project/variables.ts";
import { CHAIN_LABEL_COMMANDS } from "./chain-labels.ts";
import { type ChainRunReply, stepLines, textOf, untilEnded } from "./chain-run-text.ts";
import { collect, versionChoice, decimal } from "./selection.ts";
import { streamChain } from "./stream-chain.ts";

interface RunOptions extends SharedOptions {
  input: string[];
  at?: string;
  maxCost?: number;
  stream?: boolean;
}

/** `pbt-edge chain`: chains of prompts. */
export function chainCommand(start: StartCli): Command {
  const command = new Command("chain").description("list, publish and run chains of prompts");
  command.addCommand(listChains(start), { isDefault: true });
  command.addCommand(pushChains(start));
  command.addCommand(runChain(start));
  for (const make of CHAIN_LABEL_COMMANDS) command.addCommand(make(start));
  return command;
}

function listChains(start: StartCli): Command {
  return new Command("list").description("list the stored chains").action(async (options: SharedOptions) => {
    const cli = start(options);
    const { data } = await cli.client.request("GET /v1/chains", { query: { limit: 100 } });
    cli.result(data, () => {
      const rows = data.map(({ name, version, updated_at }) => [
        cli.paint.bold(name),
        `#${version}`,
        formatTime(updated_at),
      ]);
      return tableLines(
        [{ title: "CHAIN" }, { title: "NEWEST", isNumber: true }, { title: "UPDATED" }],
        rows,
        cli.paint.dim,
      );
    });
  });
}

function pushChains(start: StartCli): Command {
  return new Command("push")
    .description("publish chain files; a name is that of its file")
    .argument("<files...>", "such as answer-ticket.chain.yaml")
    .action(async (files: string[], options: SharedOptions) => {
      const cli = start(options);
      const published: { name: string; version: number; warnings: string[] }[] = [];
      for (const file of files) {
        const name = basename(file).replace(/(?:\.chain)?\.(?:ya?ml|json)$/, "");
        const headers = { "content-type": "application/yaml" };
        const body = readFile(cli, file);
        published.push(await cli.client.request("PUT /v1/chains/{name}", { path: { name }, body, headers }));
      }
      cli.result(published, () =>
        published.flatMap(({ name, version, warnings }) => [
          `${cli.paint.green("✓")} ${cli.paint.bold(name)} ${cli.paint.cyan(`#${version}`)}`,
          ...warnings.map((warning) => `    ${cli.paint.yellow("!")} ${warning}`),
        ]),
      );
    });
}

function readFile({ io }: Cli, file: string): string {
  try {
    return readTextFile(resolve(io.cwd, file));
  } catch (error) {
    throw new UsageError(`${file} ${whyUnreadable(error)}.`);
  }
}

function runChain(start: StartCli): Command {
  return new Command("run")
    .description("run a chain to its end; its result is the output")
    .argument("<name>", "a stored chain")
    .option("--input <name=value>", "as --var of exec; may be given several times", collect, [])
    .option("--at <version>", "a version or label")
    .option("--stream", "print the text of the last step as it comes")
    .option("--max-cost <usd>", "stop before this is exceeded", decimal)
    .action(async (name: string, options: RunOptions) => {
      const cli = start(options);
      const choice = versionChoice(options.at);
      const { definition } = await cli.client.request("GET /v1/chains/{name}", { path: { name }, query: choice });
      const declared = (definition["inputs"] ?? {}) as Record<string, DeclaredVariable>;
      const inputs = readVariables(options.input, declared, { cwd: cli.io.cwd });
      const body = { ...choice, inputs, ...(options.maxCost !== undefined && { max_cost_usd: options.maxCost }) };
      const run = options.stream ? await streamChain(cli, name, body) : await runToEnd(cli, name, body);
      for (const line of stepLines(cli, run)) cli.note(line);
      if (!options.stream) cli.result(run, () => [textOf(run.output)]);
      if (run.status !== "succeeded") throw new CommandFailure(`the run ${run.status}: ${run.error?.detail ?? run.id}`);
    });
}

async function runToEnd(
  cli: Cli,
  name: string,
  body: OperationBody<"POST /v1/chains/{name}/execute">,
): Promise<ChainRunReply> {
  const idempotencyKey = crypto.randomUUID();
  const begun = await cli.client.request("POST /v1/chains/{name}/execute", { path: { name }, body, idempotencyKey });
  return untilEnded(cli, begun.id);
}
