/** How the gate chooses a key among those that can take a call. */
export const KEY_STRATEGIES = ["least_busy", "weighted", "fastest"] as const;
/** One of {@link KEY_STRATEGIES}. */
export type KeyStrategy = (typeof KEY_STRATEGIES)[number];
