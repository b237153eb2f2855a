import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { Command } from "commander";
import type { DeclaredVariable, OperationResult } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { CommandFailure, UsageError } from "../errors.ts";
import { tableLines } from "../output/table.ts";
import { formatTime, formatUsd } from "../output/units.ts";
import { readVariables } from "../project/variables.ts";
import { CHAIN_LABEL_COMMANDS } from "./chain-labels.ts";
import { collect, versionChoice } from "./selection.ts";

type ChainRunReply = OperationResult<"GET /v1/chain-runs/{id}">;

interface RunOptions extends SharedOptions {
  input: string[];
  at?: string;
  maxCost?: number;
}

const WATCH_EVERY_MS = 1_000;

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
    return readFileSync(resolve(io.cwd, file), "utf8");
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
}

function runChain(start: StartCli): Command {
  return new Command("run")
    .description("run a chain to its end; its result is the output")
    .argument("<name>", "a stored chain")
    .option("--input <name=value>", "as --var of exec; may be given several times", collect, [])
    .option("--at <version>", "a version or label")
    .option("--max-cost <usd>", "stop before this is exceeded", Number)
    .action(async (name: string, options: RunOptions) => {
      const cli = start(options);
      const choice = versionChoice(options.at);
      const { definition } = await cli.client.request("GET /v1/chains/{name}", { path: { name }, query: choice });
      const declared = (definition["inputs"] ?? {}) as Record<string, DeclaredVariable>;
      const inputs = readVariables(options.input, declared, { cwd: cli.io.cwd });
      const body = { ...choice, inputs, ...(options.maxCost !== undefined && { max_cost_usd: options.maxCost }) };
      const idempotencyKey = crypto.randomUUID();
      const begun = await cli.client.request("POST /v1/chains/{name}/execute", {
        path: { name },
        body,
        idempotencyKey,
      });
      const run = await untilEnded(cli, begun.id);
      for (const line of stepLines(cli, run)) cli.note(line);
      cli.result(run, () => [textOf(run.output)]);
      if (run.status !== "succeeded") throw new CommandFailure(`the run ${run.status}: ${run.error?.detail ?? run.id}`);
    });
}

async function untilEnded({ client, io, progress }: Cli, id: string): Promise<ChainRunReply> {
  for (;;) {
    const run = await client.request("GET /v1/chain-runs/{id}", { path: { id } });
    if (run.status !== "running") return run;
    progress.show(`${run.steps.filter(({ status }) => status !== "pending").length}/${run.steps.length} steps`);
    await io.wait(WATCH_EVERY_MS, io.signal);
  }
}

function stepLines({ paint }: Cli, { steps, cost_usd: cost, id }: ChainRunReply): string[] {
  const lines = steps.map(({ id: step, prompt, status, error, cost_usd: own }) => {
    const mark = status === "succeeded" ? paint.green("✓") : status === "failed" ? paint.red("✗") : paint.dim("·");
    const fault = error === null ? "" : ` ${paint.red(error.detail)}`;
    return `${mark} ${paint.bold(step)} ${paint.dim(`${prompt}, ${status}, ${formatUsd(own)}`)}${fault}`;
  });
  return [...lines, paint.dim(`${formatUsd(cost)} · ${id}`)];
}

function textOf(output: ChainRunReply["output"]): string {
  return Array.isArray(output) ? output.map((each) => each ?? "").join("\n") : (output ?? "");
}
