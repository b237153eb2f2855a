/** The phases of an execution, by their names in the `server-timing` header. */
export const PHASES = ["auth", "load", "render", "cache", "admit", "llm"] as const;
/** One of {@link PHASES}. */
export type Phase = (typeof PHASES)[number];

/**
 * How long each phase of one request took. The clock of a deployed Worker advances only with I/O,
 * so a phase without I/O reads 0.
 */
export interface Timings {
  /** Runs work and adds its duration to the phase. */
  measure<T>(phase: Phase, work: () => Promise<T>): Promise<T>;
  /** The duration of each phase in ms, in the order in which they began. */
  read(): ReadonlyMap<Phase, number>;
  /** When each phase first began, in ms since the request arrived. */
  starts(): ReadonlyMap<Phase, number>;
  /** The time since the request arrived, in ms. */
  total(): number;
}

/** Starts the clock of a request. `now` is in ms and may have fractions. */
export function startTimings(now: () => number): Timings {
  const requestStart = now();
  const phases = new Map<Phase, number>();
  const starts = new Map<Phase, number>();
  return {
    async measure(phase, work) {
      const phaseStart = now();
      const earlier = phases.get(phase);
      phases.set(phase, earlier ?? 0);
      if (earlier === undefined) starts.set(phase, phaseStart - requestStart);
      try {
        return await work();
      } finally {
        phases.set(phase, (phases.get(phase) ?? 0) + now() - phaseStart);
      }
    },
    read: () => phases,
    starts: () => starts,
    total: () => now() - requestStart,
  };
}

/** The value of the `server-timing` header (W3C Server Timing); durations in ms. */
export function serverTiming(timings: Timings): string {
  return [...timings.read()].map(([phase, ms]) => `${phase};dur=${ms.toFixed(1)}`).join(", ");
}
