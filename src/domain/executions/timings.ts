/** The phases of an execution, as `server-timing` names them. */
export type Phase = "auth" | "load" | "render" | "cache" | "admit" | "llm";

/** How long each phase of one request took. Deployed, a Worker's clock moves only with I/O: a phase without any reads 0. */
export interface Timings {
  /** Runs a phase and adds its milliseconds to what it has taken already. */
  measure<T>(phase: Phase, work: () => Promise<T>): Promise<T>;
  /** Milliseconds by phase, in the order they first began. */
  read(): ReadonlyMap<Phase, number>;
  /** Milliseconds since the request came. */
  total(): number;
}

/** Starts the clock of a request. `now` in milliseconds, fractions welcome. */
export function startTimings(now: () => number): Timings {
  const started = now();
  const phases = new Map<Phase, number>();
  return {
    async measure(phase, work) {
      const begun = now();
      phases.set(phase, phases.get(phase) ?? 0);
      try {
        return await work();
      } finally {
        phases.set(phase, (phases.get(phase) ?? 0) + now() - begun);
      }
    },
    read: () => phases,
    total: () => now() - started,
  };
}

/** The `server-timing` header (W3C Server Timing), durations in milliseconds. */
export function serverTiming(timings: Timings): string {
  return [...timings.read()].map(([phase, ms]) => `${phase};dur=${ms.toFixed(1)}`).join(", ");
}
