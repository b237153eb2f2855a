import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import assert from "node:assert/strict";

/** What a call of the command line printed, and how it ended. */
export interface CommandResult {
  out: string;
  err: string;
  code: number;
}

/** How to call the command line. */
export interface CommandOptions {
  /** The exit code that is right; 0 when absent. */
  code?: number;
  cwd?: string;
  input?: string;
  env?: Record<string, string>;
}

const SHOWN_LINES = 6;
const TIMEOUT_MS = 60_000;

/** Calls a command line as a person would, and prints each call with its first lines. */
export class Terminal {
  readonly #command: string;
  readonly #env: Record<string, string>;
  readonly #cwd: string;
  /** The arguments of every call. */
  readonly calls: (readonly string[])[] = [];

  constructor({ command, env, cwd }: { command: string; env: Record<string, string>; cwd: string }) {
    this.#command = command;
    this.#env = env;
    this.#cwd = cwd;
  }

  /** The command and its environment, for those who start it by themselves. */
  get place(): { command: string; environment: Record<string, string> } {
    return { command: this.#command, environment: this.#env };
  }

  /** Runs it to its end. Throws where it ends with another code than is right. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const child = this.start(args, options);
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    child.stdin.end(options.input ?? "");
    const [code] = (await once(child, "close")) as [number | null];
    const result = { out: out.text, err: err.text, code: code ?? -1 };
    this.#print(args, result);
    assert.equal(
      result.code,
      options.code ?? 0,
      `pbt-edge ${args.join(" ")} ended with ${code}:\n${out.text}${err.text}`,
    );
    return result;
  }

  /** The JSON that a call with `--json` prints. */
  async json<T>(args: readonly string[], options?: CommandOptions): Promise<T> {
    return JSON.parse((await this.run([...args, "--json"], options)).out) as T;
  }

  /** Starts it without waiting for its end. */
  start(args: readonly string[], { cwd, env }: CommandOptions = {}): ChildProcessWithoutNullStreams {
    this.calls.push(args);
    const child = spawn(this.#command, args, { cwd: cwd ?? this.#cwd, env: { ...process.env, ...this.#env, ...env } });
    // Nothing may keep the proof waiting for ever.
    const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    child.once("exit", () => clearTimeout(timer));
    return child;
  }

  /** What a shell prints that finds the command line in its path. */
  async shell(program: string, args: readonly string[], cwd: string): Promise<string> {
    const path = `${dirname(this.#command)}:${this.#env["PATH"] ?? ""}`;
    const child = spawn(program, args, { cwd, env: { ...process.env, ...this.#env, PATH: path } });
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    const [code] = (await once(child, "close")) as [number | null];
    assert.equal(code, 0, err.text);
    return out.text.trim();
  }

  #print(args: readonly string[], { out, err, code }: CommandResult): void {
    const lines = `${out}${err}`.trimEnd().split("\n");
    console.log(`$ pbt-edge ${args.map(quoted).join(" ")}${code === 0 ? "" : `   [${code}]`}`);
    for (const line of lines.slice(0, SHOWN_LINES)) console.log(`  ${line}`);
    if (lines.length > SHOWN_LINES) console.log(`  … ${lines.length - SHOWN_LINES} more lines`);
  }
}

/** The lines that a program prints, as they come. */
export async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string, undefined> {
  for await (const line of createInterface({ input: stream })) yield line;
  return undefined;
}

function collect(stream: NodeJS.ReadableStream): { text: string } {
  const collected = { text: "" };
  stream.setEncoding("utf8").on("data", (piece: string) => (collected.text += piece));
  return collected;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./#*-]+$/.test(word) ? word : `'${word}'`;
}
