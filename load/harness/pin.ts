import { availableParallelism } from "node:os";
import { existsSync } from "node:fs";

/** The core of the measured server, where there are several: the last one. */
export const TARGET_CORE = availableParallelism() - 1;
const TASKSET = "/usr/bin/taskset";

/** A command that runs on one core, where there are several and the system has `taskset`. */
export function onCore(core: number, command: string, args: readonly string[]): { command: string; args: string[] } {
  if (core === 0 || !existsSync(TASKSET)) return { command, args: [...args] };
  return { command: TASKSET, args: ["--cpu-list", String(core), command, ...args] };
}
