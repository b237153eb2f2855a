import { percentile } from "../../harness/numbers.ts";

/** The duration of one phase over many executions, milliseconds. */
export interface PhaseTimes {
  phase: string;
  count: number;
  p50_ms: number;
  p99_ms: number;
}

/**
 * The phases of `server-timing` headers (W3C Server Timing, `name;dur=1.5, …`), in the order in
 * which they first appear. Headers without phases are ignored.
 */
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
