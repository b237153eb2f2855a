import { percentile } from "../../harness/numbers.ts";

/** How long a phase of an execution took over many of them, milliseconds. */
export interface PhaseTimes {
  phase: string;
  count: number;
  p50_ms: number;
  p99_ms: number;
}

/** Reads `server-timing` headers (W3C Server Timing, `name;dur=1.5, …`); the phases in the order they first came. Headers without phases count for nothing. */
export function phaseTimes(headers: readonly string[]): PhaseTimes[] {
  const durations = new Map<string, number[]>();
  for (const entry of headers.flatMap((header) => header.split(","))) {
    const [, phase, ms] = /^\s*([\w-]+)\s*;(?:[^,]*;)?\s*dur=([\d.]+)/.exec(entry) ?? [];
    if (phase === undefined || ms === undefined) continue;
    durations.set(phase, [...(durations.get(phase) ?? []), Number(ms)]);
  }
  return [...durations].map(([phase, times]) => ({
    phase,
    count: times.length,
    p50_ms: percentile(times, 50),
    p99_ms: percentile(times, 99),
  }));
}
