/** How urgent a call is; who waits for capacity waits in its lane. */
export const LANES = ["high", "standard", "batch"] as const;
/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number];

/** What `of` says of each lane. */
export function byLane<T>(of: (lane: Lane) => T): Record<Lane, T> {
  return { high: of("high"), standard: of("standard"), batch: of("batch") };
}
