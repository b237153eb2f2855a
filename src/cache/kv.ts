import type { Entry, Tier } from "./tier.ts";

/** Workers KV takes no shorter life than this (developers.cloudflare.com/kv/api/write-key-value-pairs). Seconds. */
const LEAST_TTL_S = 60;

/** The tier of the world: Workers KV. A write is seen elsewhere after up to a minute, and one a second is taken for each key. */
export function createKvTier(namespace: Pick<KVNamespace, "get" | "put" | "delete">): Tier {
  return {
    name: "kv",
    async get<T>(key: string) {
      return (await namespace.get<Entry<T>>(key, "json")) ?? undefined;
    },
    async put(key, entry, ttlSeconds) {
      await namespace.put(key, JSON.stringify(entry), { expirationTtl: Math.max(LEAST_TTL_S, Math.floor(ttlSeconds)) });
    },
    async delete(key) {
      await namespace.delete(key);
    },
  };
}
