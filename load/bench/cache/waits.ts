import { percentile } from "../../harness/numbers.ts";

/** One reply of the counted Worker: how long it took, milliseconds, and what was begun before it left. */
export interface Sample {
  ms: number;
  /** Calls by name. */
  begun: Record<string, number>;
}

/**
 * How many backend calls a caller waits for, one after the other: what a delay of every call adds to the reply's time, in units of that delay. Calls made at once count
 * as one, calls behind the reply as none.
 */
export function waitsOf(plain: readonly Sample[], delayed: readonly Sample[], delayMs: number): number {
  const median = (samples: readonly Sample[]) =>
    percentile(
      samples.map(({ ms }) => ms),
      50,
    );
  return (median(delayed) - median(plain)) / delayMs;
}

/** What most replies had begun, as words: `edge.match, kv.get`. */
export function usuallyBegun(samples: readonly Sample[]): string {
  const counts = new Map<string, number>();
  for (const { begun } of samples) {
    const words = Object.entries(begun)
      .map(([name, count]) => (count === 1 ? name : `${count} × ${name}`))
      .join(", ");
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0] === undefined || most[0] === "" ? "none" : most[0];
}
