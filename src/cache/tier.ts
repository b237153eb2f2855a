import { withTimeout } from "../lib/deadline.ts";

/**
 * An entry of a cache. `value` is null for something that is known not to exist; `at` is when its
 * source said so, in Unix ms.
 */
export interface Entry<T> {
  value: T | null;
  at: number;
}

/** The tiers outside the memory of an isolate: `edge` is in this data centre, `kv` is global. */
export type TierName = "edge" | "kv";

/**
 * A tier outside the isolate. A miss is undefined; known absence is an entry with the value null.
 */
export interface CacheTier {
  readonly name: TierName;
  get<T>(key: string): Promise<Entry<T> | undefined>;
  /** Keeps an entry for at most `ttlSeconds` seconds, rounded down. */
  put(key: string, entry: Entry<unknown>, ttlSeconds: number): Promise<void>;
}

/**
 * The largest part of a life that jitter removes, so that entries written together do not expire
 * together.
 */
const JITTER = 0.1;

/** A life, shortened by up to a tenth. `random` is in [0, 1). */
export function jittered(life: number, random: number): number {
  return life * (1 - JITTER * random);
}

/** The settings of {@link tolerant}. */
export interface ToleranceDeps {
  /** Milliseconds after which a read counts as a miss. */
  timeoutMs: number;
  onFault(tier: TierName, error: unknown): void;
}

/**
 * A tier that never fails and answers in time: a fault or a slow read is a miss, and a failed write
 * is dropped.
 */
export function tolerant(tier: CacheTier, deps: ToleranceDeps): CacheTier {
  const late = () => new Error(`took over ${deps.timeoutMs} ms`);
  return {
    name: tier.name,
    async get<T>(key: string) {
      try {
        return await withTimeout(tier.get<T>(key), deps.timeoutMs, late);
      } catch (error) {
        deps.onFault(tier.name, error);
        return undefined;
      }
    },
    put: async (key, entry, ttlSeconds) =>
      tier.put(key, entry, ttlSeconds).catch((error: unknown) => deps.onFault(tier.name, error)),
  };
}
