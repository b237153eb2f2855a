/**
 * How much an isolate keeps for models that nobody waits for and of which nothing is held: any name
 * may be asked for. What is dropped is only what was learned of a model's demand.
 */
export const IDLE_MODELS = { maxEntries: 64, idleMs: 300_000 } as const;
