/** How urgent a call is. A call that must wait for capacity waits in its lane. */
export const LANES = ["high", "standard", "batch"] as const;
/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number];

/** A record with the value of `of` for each lane. */
export function byLane<T>(of: (lane: Lane) => T): Record<Lane, T> {
  return { high: of("high"), standard: of("standard"), batch: of("batch") };
}
