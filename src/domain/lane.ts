/** How urgent a call is; who waits for capacity waits in its lane. */
export const LANES = ["high", "standard", "batch"] as const;
/** One of {@link LANES}. */
export type Lane = (typeof LANES)[number];
