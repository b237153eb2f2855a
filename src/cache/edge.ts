import type { Entry, Tier } from "./tier.ts";

/** Keys of the Cache API are URLs; this host is nobody's (RFC 2606). */
const ORIGIN = "https://cache.pbt-edge.invalid";

/** What this needs of the Cache API (`caches.default`, or a named cache). */
export type EdgeCache = Pick<Cache, "match" | "put" | "delete">;

/** The tier of a data centre: Cloudflare's Cache API. On workers.dev it keeps nothing, so every read is a miss there. `open` is called on each use: a named cache is opened by a promise. */
export function createEdgeTier(open: () => EdgeCache): Tier {
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
    async delete(key) {
      await open().delete(urlOf(key));
    },
  };
}

function urlOf(key: string): string {
  return `${ORIGIN}/${key}`;
}
