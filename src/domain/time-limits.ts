/** The longest that an execution may take, in ms, whatever its lane. */
export const MAX_TIMEOUT_MS = 300_000;
