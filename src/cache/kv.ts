import type { Entry, CacheTier } from "./tier.ts";

/**
 * The shortest life that Workers KV accepts, seconds
 * (developers.cloudflare.com/kv/api/write-key-value-pairs).
 */
const MIN_TTL_S = 60;

/**
 * The global tier: Workers KV. A write is visible elsewhere after up to a minute, and KV accepts
 * one write a second for each key.
 */
export function createKvTier(namespace: Pick<KVNamespace, "get" | "put">): CacheTier {
  return {
    name: "kv",
    async get<T>(key: string) {
      return (await namespace.get<Entry<T>>(key, "json")) ?? undefined;
    },
    async put(key, entry, ttlSeconds) {
      await namespace.put(key, JSON.stringify(entry), { expirationTtl: Math.max(MIN_TTL_S, Math.floor(ttlSeconds)) });
    },
  };
}
