import { percentile } from "../../harness/numbers.ts";

/** One reply of the counted Worker. */
export interface ReplySample {
  /** How long the reply took, milliseconds. */
  ms: number;
  /** The backend calls that began before it was sent, by name. */
  begun: Record<string, number>;
}

/**
 * How many backend calls a client waits for, one after the other: the time that a delay of every
 * call adds to the reply, divided by the delay. Parallel calls count once, calls behind the reply
 * not at all.
 */
export function awaitedCallsOf(plain: readonly ReplySample[], delayed: readonly ReplySample[], delayMs: number) {
  const median = (samples: readonly ReplySample[]) =>
    percentile(
      samples.map(({ ms }) => ms),
      50,
    );
  return (median(delayed) - median(plain)) / delayMs;
}

/** The combination of calls that most replies had begun, in words: `edge.match, 2 × kv.get`. */
export function mostCommonCalls(samples: readonly ReplySample[]): string {
  const counts = new Map<string, number>();
  for (const { begun } of samples) {
    const words = Object.entries(begun)
      .map(([name, count]) => (count === 1 ? name : `${count} × ${name}`))
      .join(", ");
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0] || "none";
}
