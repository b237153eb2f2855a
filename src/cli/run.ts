import { Command, CommanderError } from "commander";
import { Cli, type SharedOptions } from "./cli.ts";
import { COMMANDS } from "./commands/commands.ts";
import { completeCommand } from "./commands/completion.ts";
import { exitCodeOf, explainError } from "./errors.ts";
import type { CliIo } from "./io.ts";
import { VERSION } from "./version.ts";

/**
 * Runs the command that the arguments name, and returns the exit code: 0 done, 1 something failed,
 * 2 crashed, interrupted or called wrongly.
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  let cli: Cli | undefined;
  const start = (options: SharedOptions) => (cli = new Cli(io, options));
  const program = createProgram(io, start);
  try {
    await program.parseAsync(args, { from: "user" });
    return cli?.exitCode ?? 0;
  } catch (thrown) {
    // A call that was cut off by Ctrl-C tells of its connection.
    const error: unknown = io.signal.aborted ? io.signal.reason : thrown;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    tellError(cli ?? new Cli(io, { json: args.includes("--json") }), error);
    return exitCodeOf(error);
  } finally {
    cli?.progress.clear();
  }
}

/** The command with all that it can do. `start` gives each of them what it works with. */
export function createProgram(
  io: Pick<CliIo, "write" | "writeError" | "columns">,
  start: (options: SharedOptions) => Cli,
): Command {
  const program = new Command("pbt-edge")
    .description("Prompts as files: publish, run, test, promote and watch them on a PBT Edge server.")
    .version(VERSION, "-v, --version", "print the version")
    .helpCommand("help [command]", "show the options of a command")
    .showHelpAfterError("(`pbt-edge help` lists the commands)");
  for (const make of COMMANDS) program.addCommand(make(start));
  program.addCommand(completeCommand(start), { hidden: true });
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.write(text),
      writeErr: (text) => io.writeError(text),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    });
    if (command.commands.length === 0) addSharedOptions(command);
  }
  return program;
}

function addSharedOptions(command: Command): void {
  command
    .option("--json", "print JSON")
    .option("--profile <name>", "use this profile of `login`")
    .option("--project <folder>", "the folder of the project (the nearest with a pbt.yaml)")
    .option("--no-color", "print without colour");
}

function* allCommands(command: Command): Generator<Command> {
  yield command;
  for (const each of command.commands) yield* allCommands(each);
}

function tellError(cli: Cli, error: unknown): void {
  const { message, hint } = explainError(error);
  cli.progress.clear();
  if (cli.isJson) {
    cli.io.writeError(`${JSON.stringify({ error: { message, ...(hint !== null && { hint }) } })}\n`);
    return;
  }
  cli.io.writeError(`${cli.paint.red("error:")} ${message}\n`);
  if (hint !== null) cli.io.writeError(`${cli.paint.dim(hint)}\n`);
}
