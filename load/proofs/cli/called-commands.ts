import type { Command } from "commander";
import { createProgram } from "../../../src/cli/run.ts";

/** The commands that the help lists and no call has named, such as `chain list`. */
export function commandsNeverCalled(calls: readonly (readonly string[])[]): string[] {
  const program = programOfHelp();
  const called = new Set(calls.map((args) => commandOf(program, args)));
  return leavesOf(program).filter((name) => !called.has(name));
}

/** The tree of commands, of which none is run. */
function programOfHelp(): Command {
  const nowhere = { write: () => undefined, writeError: () => undefined, columns: 100 };
  return createProgram(nowhere, () => {
    throw new Error("no command is run here");
  });
}

/** The command that a call names; the first one of a group is what the group alone does. */
function commandOf(program: Command, args: readonly string[]): string {
  let command = program;
  const path: string[] = [];
  for (const word of args) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (!next) break;
    path.push(next.name());
    command = next;
  }
  const [preset] = command.commands;
  return [...path, ...(preset && path.length > 0 ? [preset.name()] : [])].join(" ");
}

/** The visible commands without commands of their own, but for `help`. */
function leavesOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help")
    .flatMap((each) =>
      each.commands.length === 0 ? [each.name()] : leavesOf(each).map((name) => `${each.name()} ${name}`),
    );
}
