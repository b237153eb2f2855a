import { readdirSync, readFileSync } from "node:fs";

/** The CPU and memory that a process and its descendants have used. */
export interface ProcessUsage {
  /** User plus system time, milliseconds. */
  cpuMs: number;
  /** Resident memory now, bytes. Shared pages count once for each process. */
  rssBytes: number;
  /** The sum of each process's own peak of resident memory, bytes. */
  peakRssBytes: number;
}

/** The tick of /proc's clocks, milliseconds (`getconf CLK_TCK` is 100 on every common Linux). */
const TICK_MS = 10;

/** Reads /proc for a process and its descendants (proc(5)). Null on macOS and Windows. */
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
 * How long the first thread of a process has run, and how long it waited for a core, milliseconds.
 * In workerd that thread runs JavaScript and the local databases. NaN on macOS and Windows.
 */
export function firstThreadOf(pid: number): { ranMs: number; waitedMs: number } {
  const [ran, waited] = readOrEmpty(`/proc/${pid}/task/${pid}/schedstat`).split(" ");
  return { ranMs: Number(ran) / 1e6, waitedMs: Number(waited) / 1e6 };
}

/** All descendants of a process. */
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

/** The process of the engine (workerd) below a local server. Throws where none runs. */
export function enginePidOf(server: number): number {
  const engine = descendantsOf(server).find((pid) => readOrEmpty(`/proc/${pid}/cmdline`).includes("/workerd"));
  if (engine === undefined) throw new Error("the server has no engine process");
  return engine;
}

/**
 * The fields of /proc/PID/stat from the state on: state [0], parent [1], user time [11], system
 * time [12]. Empty where the process has ended.
 */
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
