import { spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { waitByTimer } from "../client/transport.ts";
import { folderChanges } from "./folder-changes.ts";
import { safeForTerminal } from "./output/safe-for-terminal.ts";
import { textOfBytes, withoutMark } from "./project/read-text.ts";

/** What the command line has of its surroundings, so that tests can give it others. */
export interface CliIo {
  env: Readonly<Record<string, string | undefined>>;
  /** The folder in which the command was called. */
  cwd: string;
  /** Whether a person reads what is written: then there is colour and progress. */
  isTerminal: boolean;
  /** Whether a person can be asked. */
  canAsk: boolean;
  /** The width of the terminal, in characters. */
  columns: number;
  write: (text: string) => void;
  writeError: (text: string) => void;
  /** Everything that comes on the standard input. */
  readInput: () => Promise<string>;
  /** Asks a person. What is typed for a secret is not shown. */
  ask: (question: string, options?: { secret: boolean }) => Promise<string>;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** The time, in ms. */
  now: () => number;
  wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /**
   * Tells of changes below a folder, those at once as one, until the command is interrupted.
   */
  changes: (folder: string) => AsyncIterable<void>;
  /** Opens an address in the browser. */
  openUrl: (url: string) => void;
  /** Aborts when the person wants the command to end. */
  signal: AbortSignal;
}

/** The surroundings of this process. */
export function processIo(): CliIo {
  const { stdin, stdout, stderr, env } = process;
  const signal = signalOfProcess();
  return {
    env,
    cwd: process.cwd(),
    isTerminal: stdout.isTTY,
    canAsk: stdin.isTTY && stderr.isTTY,
    // A terminal that does not know its size says 0.
    columns: stdout.columns || 100,
    write: (text) => void stdout.write(stdout.isTTY ? safeForTerminal(text) : text),
    writeError: (text) => void stderr.write(stderr.isTTY ? safeForTerminal(text) : text),
    readInput,
    ask,
    fetch: async (url, init) => fetch(url, init),
    now: Date.now,
    wait: async (ms, signal) => waitByTimer(ms, signal),
    changes: (folder) => folderChanges(folder, signal, waitByTimer),
    openUrl,
    signal,
  };
}

async function readInput(): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin as AsyncIterable<Uint8Array>) pieces.push(piece);
  return withoutMark(textOfBytes(Buffer.concat(pieces)));
}

async function ask(question: string, { secret } = { secret: false }): Promise<string> {
  process.stderr.write(question);
  const hidden = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: secret ? hidden : process.stderr, terminal: true });
  try {
    return await lines.question("");
  } finally {
    lines.close();
    if (secret) process.stderr.write("\n");
  }
}

const OPENERS: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

function openUrl(url: string): void {
  const [command = "", ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const opener = spawn(command, [...args, url], { detached: true, stdio: "ignore" });
  // Where nothing opens addresses, the person has the address to copy.
  opener.on("error", () => {});
  opener.unref();
}

/** The first Ctrl-C asks the command to end, the second one ends the process. */
function signalOfProcess(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort(new Interrupted()));
  return controller.signal;
}

/** The reason of a command that a person ended. */
export class Interrupted extends Error {
  override name = "Interrupted";

  constructor() {
    super("interrupted");
  }
}
