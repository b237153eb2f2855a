import type { RecordCache } from "../../src/cache/records.ts";

/** A record cache that keeps nothing: every read asks its source. */
export const uncached: RecordCache = {
  async read(_key, { load }) {
    return { value: (await load()) ?? null, age_ms: 0, tier: "source", degraded: false };
  },
  write: async () => undefined,
  refresh: async (_key, load) => load(),
};
