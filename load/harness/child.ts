import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { errorText } from "./error-text.ts";

/** A server to run in a child process. */
export interface ChildOptions {
  /** Its name in error messages. */
  name: string;
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
  /**
   * How to learn that it serves: a pattern whose first group is the URL that it prints, or a URL to
   * poll until it answers.
   */
  ready: RegExp | string;
  /** How long it may take to start; a minute when absent. */
  timeoutMs?: number;
}

/** A running child process. `stop` ends it and all of its descendants. */
export interface Child {
  name: string;
  pid: number;
  url: string;
  /** The last 64 KiB that it printed. */
  output(): string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const POLL_MS = 100;
const KEPT_OUTPUT = 64 * 1024;

/** Process groups to kill when this process ends. */
const groups = new Set<number>();
let watchesExit = false;

/**
 * Starts a program as the leader of a new process group and waits until it serves. Throws with its
 * output where it ends or does not serve in time.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  killGroupsOnExit();
  const child = spawn(options.command, options.args, {
    env: { ...process.env, ...options.env },
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  try {
    const pid = await pidOf(child);
    groups.add(pid);
    const url = await untilReady(child, options, () => output);
    return { name: options.name, pid, url, output: () => output, stop: () => stopGroup(child, pid) };
  } catch (error) {
    if (child.pid !== undefined) await stopGroup(child, child.pid);
    throw new Error(`${options.name} did not start: ${errorText(error)}\n${output}`.trim(), { cause: error });
  }
}

function killGroupsOnExit(): void {
  if (watchesExit) return;
  watchesExit = true;
  process.once("exit", () => groups.forEach((pid) => signalGroup(pid, "SIGKILL")));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
}

async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid === undefined) {
    const [error] = (await once(child, "error")) as [Error];
    throw error;
  }
  return child.pid;
}

async function untilReady(child: ChildProcess, options: ChildOptions, output: () => string): Promise<string> {
  const deadline = performance.now() + (options.timeoutMs ?? START_TIMEOUT_MS);
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (typeof options.ready === "string") {
      if (await answers(options.ready)) return new URL(options.ready).origin;
    } else {
      const [, url] = options.ready.exec(output()) ?? [];
      if (url !== undefined) return url;
    }
    await sleep(POLL_MS);
  }
  throw new Error("it did not answer in time");
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(1_000) })).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

async function stopGroup(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    signalGroup(pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
  signalGroup(pid, "SIGKILL");
  groups.delete(pid);
}

/** Signals a process group. A group that has already ended needs no signal. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    groups.delete(pid);
  }
}
