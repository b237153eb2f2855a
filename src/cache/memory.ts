import type { Entry } from "./tier.ts";

/** How much an isolate's memory keeps: entries, and the sum of the sizes that they were put with, in bytes. */
export interface MemoryLimits {
  entries: number;
  bytes: number;
}

/** The tier within an isolate. Values are kept as they are, not copied: treat what comes out as immutable. */
export interface MemoryTier<E extends Entry<unknown>> {
  get(key: string): E | undefined;
  /** Keeps an entry of about `bytes`; the least recently used ones make room. One that is larger than all room is not kept. */
  put(key: string, entry: E, bytes: number): void;
  delete(key: string): void;
  clear(): void;
}

/** A least-recently-used map, bounded in entries and bytes. */
export function createMemoryTier<E extends Entry<unknown>>(limits: MemoryLimits): MemoryTier<E> {
  const kept = new Map<string, { entry: E; bytes: number }>();
  let total = 0;
  const remove = (key: string) => {
    total -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  };
  return {
    get(key) {
      const found = kept.get(key);
      if (!found) return undefined;
      // A Map keeps the order of insertion: what was asked for last goes to the end.
      kept.delete(key);
      kept.set(key, found);
      return found.entry;
    },
    put(key, entry, bytes) {
      remove(key);
      if (bytes > limits.bytes) return;
      kept.set(key, { entry, bytes });
      total += bytes;
      for (const oldest of kept.keys()) {
        if (kept.size <= limits.entries && total <= limits.bytes) break;
        remove(oldest);
      }
    },
    delete: remove,
    clear() {
      kept.clear();
      total = 0;
    },
  };
}
