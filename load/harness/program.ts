import type { ParseArgsOptionsConfig } from "node:util";

/** What the module of every bench and every proof exports. */
export interface Program {
  /** The flags that it reads with `parseArgs`. */
  FLAGS: ParseArgsOptionsConfig;
  /**
   * Runs it with the arguments that follow its name and prints its report. Resolves with whether
   * all of its checks passed; a program without checks resolves with true.
   */
  run(args: string[]): Promise<boolean>;
}

/** A program as `npm run bench` or `npm run prove` lists it. */
export interface ListedProgram {
  summary: string;
  /** Every flag with its default: `--seed N (1)`. Empty for a program without flags. */
  flags: string;
  load(): Promise<Program>;
}

/** A command's programs by name. */
export type ProgramList = Readonly<Record<string, ListedProgram>>;

/**
 * Runs the program that the command line names and returns the exit code: 0 where its checks
 * passed, 1 where one failed, 2 for an unknown name. Without a name it prints the list.
 */
export async function runCommand(command: string, programs: ProgramList, argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined) {
    console.log(listPrograms(command, programs));
    return 0;
  }
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (!program) {
    console.error(`"${name}" is not one of these:\n\n${listPrograms(command, programs)}`);
    return 2;
  }
  const loaded = await program.load();
  return (await loaded.run(args)) ? 0 : 1;
}

/** The usage of a command, then one line for each program: its name, its summary, its flags. */
export function listPrograms(command: string, programs: ProgramList): string {
  const width = Math.max(...Object.keys(programs).map((name) => name.length));
  const lines = Object.entries(programs).map(([name, { summary, flags }]) =>
    `  ${name.padEnd(width)}  ${summary}  ${flags}`.trimEnd(),
  );
  return [`npm run ${command} -- NAME [flags]`, "", ...lines].join("\n");
}
