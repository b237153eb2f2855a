import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";

/** How long an insight is answered again without being computed anew, ms. */
export const KEPT_MS = 60_000;
const MAX_ENTRIES = 200;

interface Entry<T> {
  value: Promise<T>;
  at: number;
}

/**
 * Insights of the last minute, in the memory of an isolate: they change by the hour, and a dashboard
 * asks for them again and again. Those who ask at the same time share one computation.
 */
export class MinuteCache<T> {
  readonly #clock: Clock;
  readonly #entries = new LruMap<string, Entry<T>>({ maxEntries: MAX_ENTRIES });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was made for a key in the last minute, or is made now. A failure is not kept. */
  async get(key: string, make: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    const known = this.#entries.get(key);
    if (known && now - known.at < KEPT_MS) return known.value;
    const entry = { value: make(), at: now };
    this.#entries.set(key, entry);
    try {
      return await entry.value;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }
}
