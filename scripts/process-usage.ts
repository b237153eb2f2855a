import { readdirSync, readFileSync } from "node:fs";

/** What a process and all below it have used so far. */
export interface ProcessUsage {
  /** User plus system time, milliseconds. */
  cpuMs: number;
  /** Resident memory now, bytes. Pages that processes share count once for each of them. */
  rssBytes: number;
  /** The sum of each process's own peak of resident memory, bytes. */
  peakRssBytes: number;
}

/** Milliseconds of a tick of /proc's clocks (`getconf CLK_TCK` is 100 on every common Linux). */
const TICK_MS = 10;

/** Reads /proc for a process and its descendants (proc(5)). Null where there is no /proc: macOS, Windows. */
export function usageOf(root: number): ProcessUsage | null {
  if (process.platform !== "linux") return null;
  const usage: ProcessUsage = { cpuMs: 0, rssBytes: 0, peakRssBytes: 0 };
  for (const pid of [root, ...descendantsOf(root)]) {
    const stat = statOf(pid);
    const status = readOrEmpty(`/proc/${pid}/status`);
    usage.cpuMs += (Number(stat[11] ?? 0) + Number(stat[12] ?? 0)) * TICK_MS;
    usage.rssBytes += kibibytes(status, "VmRSS");
    usage.peakRssBytes += kibibytes(status, "VmHWM");
  }
  return usage;
}

/**
 * How long a process's first thread has run, and how long it could have and had no core, milliseconds: of an engine, the one that its JavaScript and its databases
 * run in. NaN where there is no /proc.
 */
export function firstThreadOf(pid: number): { ranMs: number; waitedMs: number } {
  const [ran, waited] = readOrEmpty(`/proc/${pid}/task/${pid}/schedstat`).split(" ");
  return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
}

/** All processes below one. */
export function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

/** Fields of /proc/PID/stat from the state on, which is [0]: parent [1], user time [11], system time [12]. Empty where the process has gone. */
function statOf(pid: number): string[] {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  return text === "" ? [] : text.slice(text.lastIndexOf(") ") + 2).split(" ");
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) * 1024;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
