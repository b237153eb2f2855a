import type { CacheTier, Entry } from "../../src/cache/tier.ts";
import type { Ground } from "./object-site.ts";
import { weightOf } from "./scale-provider.ts";

/** Entries are made once and never changed, so tiers keep them without copying. */
interface Kept {
  entry: Entry<unknown>;
  until: number;
}

/** The Cache API of a data centre. */
export class PlaceTier implements CacheTier {
  readonly name = "edge";
  readonly #ground: Ground;
  readonly #kept = new Map<string, Kept | undefined>();
  #before: (key: string) => Entry<unknown> | undefined;

  /** `before` has what it kept before the world began. */
  constructor(ground: Ground, before: (key: string) => Entry<unknown> | undefined = () => undefined) {
    this.#ground = ground;
    this.#before = before;
  }

  async get<T>(key: string): Promise<Entry<T> | undefined> {
    const { clock, meter, times } = this.#ground;
    meter.add("cache operations", "match", weightOf(clock.life()));
    await clock.sleep(times.cache_read);
    if (!this.#kept.has(key)) {
      const entry = this.#before(key);
      this.#kept.set(key, entry && { entry, until: Infinity });
    }
    const kept = this.#kept.get(key);
    return kept && kept.until > clock.now() ? (kept.entry as Entry<T>) : undefined;
  }

  async put(key: string, entry: Entry<unknown>, ttlSeconds: number): Promise<void> {
    const { clock, meter } = this.#ground;
    meter.add("cache operations", "put", weightOf(clock.life()));
    this.#kept.set(key, { entry, until: clock.now() + ttlSeconds * 1_000 });
  }

  /** The data centre is lost, with all that it kept. */
  clear(): void {
    this.#kept.clear();
    this.#before = () => undefined;
  }
}

/** A write to KV: where, and when. */
interface Written extends Kept {
  place: string;
  at: number;
  /** What other places see until the write has come to them. */
  before: Kept | undefined;
}

/**
 * The KV namespace. A place sees its own writes at once, and those of others after the time that
 * they take to come: absence is cached for as long as an old value.
 */
export class WorldKv {
  readonly #ground: Ground;
  readonly #kept = new Map<string, Written>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** The namespace as isolates of a place use it. */
  tierFor(place: string): CacheTier {
    const { clock, meter, times } = this.#ground;
    return {
      name: "kv",
      get: async <T>(key: string) => {
        meter.add("kv reads", recordOf(key), weightOf(clock.life()));
        await clock.sleep(times.kv_read);
        const written = this.#kept.get(key);
        if (!written) return undefined;
        const sees = written.place === place || clock.now() - written.at >= times.kv_propagation;
        const kept = sees ? written : written.before;
        return kept && kept.until > clock.now() ? (kept.entry as Entry<T>) : undefined;
      },
      put: async (key, entry, ttlSeconds) => {
        meter.add("kv writes", recordOf(key), weightOf(clock.life()));
        const now = clock.now();
        const known = this.#kept.get(key);
        const before = known && { entry: known.entry, until: known.until };
        this.#kept.set(key, { entry, until: now + ttlSeconds * 1_000, place, at: now, before });
      },
    };
  }
}

/** The kind of record of a key: what precedes its first slash. Answers begin with their tenant. */
function recordOf(key: string): string {
  return key.startsWith("ten_") ? "answer" : (key.split("/", 1)[0] ?? key);
}
