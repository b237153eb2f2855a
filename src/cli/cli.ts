import { PbtEdge } from "../client/index.ts";
import { type Connection, connectionOf } from "./config/connection.ts";
import { UsageError } from "./errors.ts";
import type { CliIo } from "./io.ts";
import { Paint } from "./output/paint.ts";
import { ProgressLine } from "./output/progress-line.ts";
import {
  findProjectFolder,
  isProjectFolder,
  readProjectFolder,
  readProjectSettings,
} from "./project/project-folder.ts";
import type { PromptProject } from "./project/read-project.ts";

/** The options that every command has. */
export interface SharedOptions {
  json?: boolean;
  profile?: string;
  project?: string;
  /** False with `--no-color`. */
  color?: boolean;
}

/** What a command works with: the server, the project, and how its results are told. */
export class Cli {
  readonly io: CliIo;
  readonly isJson: boolean;
  readonly paint: Paint;
  readonly progress: ProgressLine;
  /** 0 done, 1 something failed. What crashes is 2. */
  exitCode = 0;
  readonly #options: SharedOptions;
  #connection: Connection | undefined;
  #client: PbtEdge | undefined;
  #project: PromptProject | undefined;

  constructor(io: CliIo, options: SharedOptions) {
    this.io = io;
    this.#options = options;
    this.isJson = options.json ?? false;
    this.paint = new Paint(hasColour(io, options));
    this.progress = new ProgressLine(io, io.isTerminal && !this.isJson);
  }

  /** The folder of the project: that of `--project`, or the nearest above with a `pbt.yaml`. */
  get projectFolder(): string {
    return findProjectFolder(this.io.cwd, this.#options.project);
  }

  /**
   * The prompts and tests of the project, as they are on disk. Throws a UsageError where it has
   * faults, and where no project is here and none was named: any folder may hold YAML.
   */
  get project(): PromptProject {
    if (this.#options.project === undefined && !isProjectFolder(this.projectFolder)) {
      throw new UsageError(
        "No project is here: there is no pbt.yaml. Name a folder, or make one with `pbt-edge init`.",
      );
    }
    this.#project ??= readProjectFolder(this.projectFolder);
    return this.#project;
  }

  /**
   * Where the server is and which key it is called with. Throws a UsageError where that is not
   * known.
   */
  get connection(): Connection {
    this.#connection ??= connectionOf(
      this.io,
      this.#options.profile,
      () => readProjectSettings(this.projectFolder).profile,
    );
    return this.#connection;
  }

  /** Calls the server until the command is interrupted. */
  get client(): PbtEdge {
    const { signal, fetch, wait } = this.io;
    const endWith = (own: AbortSignal | null | undefined) => (own ? AbortSignal.any([own, signal]) : signal);
    this.#client ??= this.#clientOf({
      fetch: async (url, init) => fetch(url, { ...init, signal: endWith(init.signal) }),
      wait: async (ms, own) => wait(ms, endWith(own)),
    });
    return this.#client;
  }

  /** Calls the server after an interruption, too: for what a command must undo at its end. */
  get lastingClient(): PbtEdge {
    return this.#clientOf(this.io);
  }

  #clientOf({ fetch, wait }: Pick<CliIo, "fetch" | "wait">): PbtEdge {
    const { url, key } = this.connection;
    const clock = { wait, now: this.io.now };
    return new PbtEdge({ baseUrl: url, apiKey: key, allowHttp: true, fetch, clock });
  }

  /** Tells a result: as JSON for a program, or in lines for a person. */
  result(value: unknown, lines: () => readonly string[]): void {
    this.progress.clear();
    if (this.isJson) this.io.write(`${JSON.stringify(value, null, 2)}\n`);
    else for (const line of lines()) this.io.write(`${line}\n`);
  }

  /** One of many results, as it comes: a line of JSON, or a line for a person. */
  event(value: unknown, line: () => string | null): void {
    this.progress.clear();
    const text = this.isJson ? JSON.stringify(value) : line();
    if (text !== null) this.io.write(`${text}\n`);
  }

  /** Tells a person something beside the result. */
  note(text: string): void {
    this.progress.clear();
    if (!this.isJson) this.io.writeError(`${text}\n`);
  }

  /** The command goes on, and ends with 1. */
  markFailed(): void {
    this.exitCode = 1;
  }
}

/** Reads the options of a call into what its command works with. */
export type StartCli = (options: SharedOptions) => Cli;

/** https://no-color.org: set and not empty means none. */
function hasColour({ env, isTerminal }: CliIo, { color }: SharedOptions): boolean {
  if (color === false || env["NO_COLOR"]) return false;
  return isTerminal || (env["FORCE_COLOR"] ?? "0") !== "0";
}
