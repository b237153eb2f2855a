import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EdgeProcess } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import type { Terminal } from "./terminal.ts";

/** What the steps of the proof work with. */
export interface CliWorld {
  /** A folder for everything that the proof writes. */
  root: string;
  /** The project. */
  folder: string;
  terminal: Terminal;
  edge: EdgeProcess;
  mock: MockProcess;
  /** A port of this machine to which the server may send webhooks. */
  hookPort: number;
}

/** Writes a file of the project, or below another folder. */
export function writeIn(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Replaces a text in a file of the project. Throws where the file does not have it. */
export function editIn(folder: string, path: string, from: string, to: string): void {
  const text = readFileSync(join(folder, path), "utf8");
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  writeFileSync(join(folder, path), text.replace(from, to));
}
