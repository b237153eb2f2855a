/** What a cache keeps: a value, or null for what is known not to exist, and when its source said so (Unix ms). */
export interface Entry<T> {
  value: T | null;
  at: number;
}

/** The tiers outside an isolate's memory: this data centre's, and the world's. */
export type TierName = "edge" | "kv";

/** A tier outside the isolate. A miss is undefined; known absence is an entry of null. */
export interface Tier {
  readonly name: TierName;
  get<T>(key: string): Promise<Entry<T> | undefined>;
  /** Keeps an entry for `ttlSeconds` at the most; fractions are cut. */
  put(key: string, entry: Entry<unknown>, ttlSeconds: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** The share of a life that chance may take from it, so that what was written together does not expire together. */
const JITTER = 0.1;

/** A life, shortened by up to a tenth by `random` in [0, 1). */
export function jittered(life: number, random: number): number {
  return life * (1 - JITTER * random);
}

/** What {@link tolerant} needs. */
export interface ToleranceDeps {
  /** A tier that takes longer, in milliseconds, is treated as one that has nothing. */
  timeoutMs: number;
  onFault(tier: TierName, error: unknown): void;
}

/** A tier that never fails and never keeps a caller waiting: a fault or a slow answer is a miss, a write that fails is a write not made. */
export function tolerant(tier: Tier, deps: ToleranceDeps): Tier {
  const forgive = async (work: Promise<void>) => work.catch((error: unknown) => deps.onFault(tier.name, error));
  return {
    name: tier.name,
    async get<T>(key: string) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const slow = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`took over ${deps.timeoutMs} ms`)), deps.timeoutMs);
      });
      try {
        return await Promise.race([tier.get<T>(key), slow]);
      } catch (error) {
        deps.onFault(tier.name, error);
        return undefined;
      } finally {
        clearTimeout(timer);
      }
    },
    put: async (key, entry, ttlSeconds) => forgive(tier.put(key, entry, ttlSeconds)),
    delete: async (key) => forgive(tier.delete(key)),
  };
}
