import { digits } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import type { PhaseTimes } from "./phases.ts";
import type { SelfTimes } from "./self-time.ts";
import type { SourceLocation } from "./source-location.ts";

/** The figures of one profile of the runtime's isolate. */
export interface ProfileFindings {
  executions: number;
  seconds: number;
  /** User plus system time of all serving processes, per execution; null where unreadable. */
  process_cpu_ms: number | null;
  times: SelfTimes;
  locate(frame: SelfTimes["frames"][number]["frame"]): SourceLocation;
  /**
   * Busy time of every isolate of the engine, per execution; null where it could not be profiled.
   */
  isolates: { id: string; busy_ms: number | null }[];
  phases: PhaseTimes[];
}

/** The findings as text: totals, functions, modules, isolates, phases. */
export function printProfile(findings: ProfileFindings, top: number): string {
  const { executions, seconds, times, isolates, phases } = findings;
  const perExecution = (us: number) => digits(us / 1000 / executions);
  const share = (us: number) => `${((100 * us) / times.busyUs).toFixed(1)} %`;
  const functions = times.frames.slice(0, top).map(({ frame, us }) => {
    return [frame.functionName || "(anonymous)", share(us), perExecution(us), findings.locate(frame).place];
  });
  const groups = new Map<string, number>();
  for (const { frame, us } of times.frames) {
    const { group } = findings.locate(frame);
    groups.set(group, (groups.get(group) ?? 0) + us);
  }
  const modules = [...groups].toSorted(([, a], [, b]) => b - a).slice(0, top);
  return [
    `${executions} executions in ${digits(seconds)} s; JavaScript of the runtime's isolate: ${perExecution(times.busyUs)} ms per execution`,
    `all serving processes: ${digits(findings.process_cpu_ms)} ms of CPU per execution (engine, Miniflare's own isolates, D1's simulators, the profiler)`,
    "",
    table([["self time", "share", "ms/execution", "module"], ...functions]),
    "",
    table([["module", "share", "ms/execution"], ...modules.map(([name, us]) => [name, share(us), perExecution(us)])]),
    "",
    "An isolate's time includes that of the isolates it calls. The engine runs them within the call, so it shows as self time of `fetch`.",
    table([["isolate", "busy ms/execution"], ...isolates.map(({ id, busy_ms }) => [id, digits(busy_ms)])]),
    "",
    table([
      ["server-timing", "p50 ms", "p99 ms", "executions"],
      ...phases.map(({ phase, p50_ms, p99_ms, count }) => [phase, digits(p50_ms), digits(p99_ms), String(count)]),
    ]),
  ].join("\n");
}
