import { resolve } from "node:path";
import type { Command } from "commander";
import { declaredPrompt } from "../../client/index.ts";
import type { Cli, SharedOptions } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { readDataFile } from "../project/read-text.ts";
import { readVariables } from "../project/variables.ts";
import { collect, versionChoice } from "./selection.ts";

/** The options of commands that fill in a prompt. */
export interface CallOptionsOfPrompt extends SharedOptions {
  var: string[];
  vars?: string;
  at?: string;
}

/** Adds `--var`, `--vars` and `--at` to a command. */
export function addCallOptions(command: Command): Command {
  return command
    .option("--var <name=value>", "a variable; name=@file takes a file, name=@- the standard input", collect, [])
    .option("--vars <file>", "variables as JSON, from a file or from - (the standard input)")
    .option("--at <version>", "a version (3) or a label (staging); production or else the newest without it");
}

/** The version and the variables that the options of a call name. */
export async function readCall(cli: Cli, name: string, options: CallOptionsOfPrompt) {
  const choice = versionChoice(options.at);
  const usesInput = options.vars === "-" || options.var.some((each) => each.endsWith("=@-"));
  const input = usesInput ? await cli.io.readInput() : undefined;
  const fromFile = options.vars === undefined ? {} : readVariablesFile(cli, options.vars, input);
  // What a prompt declares is asked for only where a value has to be made of a text.
  const declared = options.var.length > 0 ? declaredPrompt(await cli.client.prompts.get(name, choice)).variables : {};
  return { ...choice, variables: { ...fromFile, ...readVariables(options.var, declared, { cwd: cli.io.cwd, input }) } };
}

function readVariablesFile({ io }: Cli, file: string, input = ""): Record<string, unknown> {
  try {
    const text = file === "-" ? input : readDataFile(resolve(io.cwd, file));
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`--vars ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
