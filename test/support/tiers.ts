import type { Entry, Tier, TierName } from "../../src/cache/tier.ts";

/** A cache tier in memory, over the test's clock. Entries are stored as JSON and expire. */
export interface FakeTier extends Tier {
  /** The names of the called methods. */
  readonly calls: string[];
  /** The stored entries by key; `until` in Unix ms. */
  readonly kept: Map<string, { text: string; until: number }>;
  /** Whether every call throws. */
  broken: boolean;
}

/** An empty fake tier. */
export function fakeTier(name: TierName, now: () => number): FakeTier {
  const kept = new Map<string, { text: string; until: number }>();
  const calls: string[] = [];
  const check = (method: string) => {
    calls.push(method);
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
    async delete(key) {
      check("delete");
      kept.delete(key);
    },
  };
  return tier;
}

/**
 * Collects the work that continues after a reply. `settle` waits for it, and for the work that it
 * defers.
 */
export function deferred() {
  let pending: Promise<unknown>[] = [];
  return {
    defer: (work: Promise<unknown>) => void pending.push(work.catch(() => undefined)),
    settle: async () => {
      while (pending.length > 0) {
        const batch = pending;
        pending = [];
        await Promise.all(batch);
      }
    },
  };
}
