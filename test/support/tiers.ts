import type { Entry, CacheTier, TierName } from "../../src/cache/tier.ts";

/**
 * A tier in memory with the clock of a test. It copies entries as JSON, expires them, and can be
 * broken.
 */
export interface FakeTier extends CacheTier {
  readonly calls: string[];
  readonly kept: Map<string, { text: string; until: number }>;
  /** Makes every call fail while true. */
  broken: boolean;
}

/** Creates an empty fake tier. */
export function fakeTier(name: TierName, now: () => number): FakeTier {
  const kept = new Map<string, { text: string; until: number }>();
  const calls: string[] = [];
  const check = (what: string) => {
    calls.push(what);
    if (tier.broken) throw new Error(`${name} is broken`);
  };
  const tier: FakeTier = {
    name,
    calls,
    kept,
    broken: false,
    async get<T>(key: string) {
      check("get");
      const found = kept.get(key);
      return found && found.until > now() ? (JSON.parse(found.text) as Entry<T>) : undefined;
    },
    async put(key, entry, ttlSeconds) {
      check("put");
      kept.set(key, { text: JSON.stringify(entry), until: now() + ttlSeconds * 1000 });
    },
  };
  return tier;
}

/** Collects deferred work. `settle` waits for it and for the work that it defers. */
export function deferred() {
  let open: Promise<unknown>[] = [];
  return {
    defer: (work: Promise<unknown>) => void open.push(work.catch(() => undefined)),
    settle: async () => {
      while (open.length > 0) {
        const all = open;
        open = [];
        await Promise.all(all);
      }
    },
  };
}
