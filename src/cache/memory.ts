import { LruMap } from "../lib/lru-map.ts";
import type { Entry } from "./tier.ts";

/** The bounds of an isolate's memory tier: entries, and the sum of their sizes in bytes. */
export interface MemoryLimits {
  entries: number;
  bytes: number;
}

/** The tier inside an isolate. It keeps values without copying them: treat them as immutable. */
export interface MemoryTier<E extends Entry<unknown>> {
  get(key: string): E | undefined;
  /**
   * Keeps an entry of about `bytes` bytes. The least recently used entries make room for it. Does
   * not keep an entry that is larger than the whole tier.
   */
  put(key: string, entry: E, bytes: number): void;
  delete(key: string): void;
  clear(): void;
}

/** Creates an empty memory tier. */
export function createMemoryTier<E extends Entry<unknown>>({ entries, bytes }: MemoryLimits): MemoryTier<E> {
  const kept = new LruMap<string, { entry: E; bytes: number }>({
    maxEntries: entries,
    maxWeight: bytes,
    weigh: (value) => value.bytes,
  });
  return {
    get: (key) => kept.get(key)?.entry,
    put: (key, entry, size) => kept.set(key, { entry, bytes: size }),
    delete: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  };
}
