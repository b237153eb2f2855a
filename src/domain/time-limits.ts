/** The longest that an execution may take, in ms: the time of the slowest lane. */
export const MAX_TIMEOUT_MS = 300_000;
