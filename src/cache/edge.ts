import type { Entry, CacheTier } from "./tier.ts";

/** Keys of the Cache API are URLs. Nobody can own this host (RFC 2606). */
const ORIGIN = "https://cache.pbt-edge.invalid";

/** The part of the Cache API that the tier uses (`caches.default`, or a named cache). */
export type EdgeCache = Pick<Cache, "match" | "put">;

/**
 * The tier of a data centre: Cloudflare's Cache API. It keeps nothing on workers.dev, so every read
 * is a miss there. Calls `open` for each use. All Workers of a zone share the cache, so a text that
 * no other `deployment` has is part of each key: theirs are other databases under the same names.
 */
export function createEdgeTier(open: () => EdgeCache, deployment: string): CacheTier {
  const urlOf = (key: string) => `${ORIGIN}/${deployment}/${key}`;
  return {
    name: "edge",
    async get<T>(key: string) {
      const found = await open().match(urlOf(key));
      return found && (await found.json<Entry<T>>());
    },
    async put(key, entry, ttlSeconds) {
      const headers = { "content-type": "application/json", "cache-control": `max-age=${Math.floor(ttlSeconds)}` };
      await open().put(urlOf(key), new Response(JSON.stringify(entry), { headers }));
    },
  };
}
