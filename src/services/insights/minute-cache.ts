import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** How long an insight is answered again without being computed anew, ms. */
export const KEPT_MS = 60_000;
const MAX_ENTRIES = 200;

interface Entry<T> {
  value: T;
  /** When its computation began, Unix ms. */
  at: number;
}

/**
 * Insights of the last minute, in the memory of an isolate: they change by the hour, and a
 * dashboard asks for them again and again. Only what is computed is kept. Requests do not share
 * what is under way: a request whose client leaves is cut off, and the others would wait for it
 * without end.
 */
export class MinuteCache<T> {
  readonly #clock: Clock;
  readonly #entries = new LruMap<string, Entry<T>>({ maxEntries: MAX_ENTRIES });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was made for a key in the last minute, or is made now. */
  async get(key: string, make: () => Promise<T>): Promise<T> {
    const at = this.#clock.now();
    const known = this.#entries.get(key);
    if (known && at - known.at < KEPT_MS) return known.value;
    const value = await make();
    this.#entries.set(key, { value, at });
    return value;
  }
}
