import type { MemoryTier } from "./memory.ts";
import { type Entry, jittered, type Tier, type TierName } from "./tier.ts";

/** How old what is served may be. All in milliseconds. */
export interface Staleness {
  /** In an isolate: older than this, a record is still served, and read anew behind the reply. */
  freshMs: number;
  /** Across the world: no copy older than this is served while its source answers. */
  boundMs: number;
  /** While its source does not answer: how old the last good copy may be. */
  lastGoodMs: number;
}

/** For what never changes once it is written. */
export const IMMUTABLE: Staleness = { freshMs: Infinity, boundMs: Infinity, lastGoodMs: Infinity };

/** A record as it was found. `value` is null where it is known not to exist. */
export interface Found<T> {
  value: T | null;
  /** How long ago its source said so, milliseconds. */
  age_ms: number;
  tier: "memory" | TierName | "source";
  /** Its source does not answer, and this is the last good copy. */
  degraded: boolean;
}

/** How a record is read. */
export interface ReadOptions<T> {
  staleness: Staleness;
  /** Reads the source; undefined is absence. */
  load: () => Promise<T | undefined>;
  /** Passes every copy over and asks the source. */
  revalidate?: boolean;
}

/**
 * Records of the database, read through memory → Cache API → KV → source. Each copy carries the time at which its source was read, and is judged by it, so the
 * bound on staleness holds whatever the tiers' own delays are. Keys are URL paths: `pointer/<tenant>/<name>`.
 */
export interface RecordCache {
  /** Throws what `load` throws, where no copy is good enough to stand in. */
  read<T>(key: string, options: ReadOptions<T>): Promise<Found<T>>;
  /** What a writer calls after its write: this isolate and data centre see it at once. Null: it is gone. */
  write(key: string, value: unknown): Promise<void>;
  /** The same for a writer that has to read what it wrote: gives what the source says, undefined where it has nothing. */
  refresh<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>;
}

/** An entry in memory. `order` counts an isolate's reads and writes: of two in the same millisecond, the one that began later is right. */
export interface RecordEntry extends Entry<unknown> {
  order: number;
}

/** What {@link createRecordCache} needs. */
export interface RecordCacheDeps {
  memory: MemoryTier<RecordEntry>;
  edge: Tier;
  kv: Tier;
  now: () => number;
  /** In [0, 1). */
  random: () => number;
  /** Lets work go on behind the reply. */
  defer: (work: Promise<unknown>) => void;
}

/** Copies outlive their freshness, to stand in while their source is down. Seconds. */
const EDGE_TTL_S = 86_400;
const KV_TTL_S = 7 * 86_400;
/** A record that is read over and over is written to KV this often at the most: each write costs. Milliseconds. */
const KV_REFRESH_MS = 300_000;
/** A source that takes longer does not answer, where a copy can stand in. Milliseconds. */
const SOURCE_TIMEOUT_MS = 2_000;
/** A second refresh of the same record does not begin earlier, milliseconds. */
const REFRESH_PAUSE_MS = 1_000;
/** A copy from further in the future than this comes from a clock that cannot be trusted. Milliseconds. */
const MOST_SKEW_MS = 1_000;
/** What an entry takes in memory beside its JSON, about; and JSON's characters as V8 keeps the values. */
const ENTRY_BYTES = 200;

/** A copy of a record that was met on the way to its source. */
interface Copy<T> {
  tier: "memory" | TierName;
  entry: Entry<T>;
}

/** The cache over its tiers. */
export function createRecordCache({ memory, edge, kv, now, random, defer }: RecordCacheDeps): RecordCache {
  /** When each record was last put into KV, and last refreshed, by this isolate. */
  const kvWrites = new Map<string, number>();
  const refreshes = new Map<string, number>();

  let reads = 0;

  const ageOf = (entry: Entry<unknown>) => (entry.at > now() + MOST_SKEW_MS ? Infinity : Math.max(0, now() - entry.at));

  /** Whoever read the source later is right; a refresh that began before a write must not undo it. */
  function remember(key: string, { value, at }: Entry<unknown>, order = 0): void {
    const known = memory.get(key);
    if (known && (known.at > at || (known.at === at && known.order >= order))) return;
    memory.put(key, { value, at, order }, ENTRY_BYTES + sizeOf(value));
  }

  async function fromSource<T>(key: string, { load, staleness }: ReadOptions<T>): Promise<Entry<T>> {
    const [at, order] = [now(), ++reads];
    const entry: Entry<T> = { value: (await load()) ?? null, at };
    // What does not exist yet may be published in a moment; a version's number that nobody has is not remembered at all.
    if (entry.value === null && staleness.boundMs === Infinity) return entry;
    remember(key, entry, order);
    defer(edge.put(key, entry, jittered(EDGE_TTL_S, random())));
    if (entry.value !== null && at - (kvWrites.get(key) ?? -Infinity) >= KV_REFRESH_MS) {
      bounded(kvWrites).set(key, at);
      defer(kv.put(key, entry, jittered(KV_TTL_S, random())));
    }
    return entry;
  }

  function refreshBehind<T>(key: string, options: ReadOptions<T>): void {
    if (now() - (refreshes.get(key) ?? -Infinity) < REFRESH_PAUSE_MS) return;
    bounded(refreshes).set(key, now());
    const work = async () => {
      const near = await edge.get<T>(key);
      if (near && ageOf(near) <= options.staleness.freshMs) remember(key, near);
      else await fromSource(key, options);
    };
    // A refresh that fails changes nothing: the copy is served until its bound, and then the source is asked in earnest.
    defer(work().catch(() => undefined));
  }

  /** Isolates that read a record in the same moment do not all read it anew in the same moment. */
  function isOld(entry: Entry<unknown>, { staleness }: ReadOptions<unknown>): boolean {
    return ageOf(entry) > jittered(staleness.freshMs, random());
  }

  function usable<T>(entry: Entry<T> | undefined, { staleness }: ReadOptions<T>): entry is Entry<T> {
    if (!entry) return false;
    // Absence is believed for as long as an isolate trusts itself, and no longer.
    return ageOf(entry) <= (entry.value === null ? staleness.freshMs : staleness.boundMs);
  }

  /** The source, waited for without end only where no copy could stand in for it. */
  async function ask<T>(key: string, options: ReadOptions<T>, copies: Copy<T>[]): Promise<Found<T>> {
    const best = async () => {
      const near = memory.get(key) as Entry<T> | undefined;
      const all = copies.length > 0 ? copies : await everyCopy(key, near);
      return all
        .filter(({ entry }) => entry.value !== null && ageOf(entry) <= options.staleness.lastGoodMs)
        .toSorted((a, b) => b.entry.at - a.entry.at)[0];
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const slow = new Promise<never>((_resolve, reject) => {
      if (copies.length === 0) return;
      timer = setTimeout(() => reject(new Error(`the source took over ${SOURCE_TIMEOUT_MS} ms`)), SOURCE_TIMEOUT_MS);
    });
    try {
      return found("source", await Promise.race([fromSource(key, options), slow]), 0);
    } catch (error) {
      const copy = await best();
      if (!copy) throw error;
      return { ...found(copy.tier, copy.entry, ageOf(copy.entry)), degraded: true };
    } finally {
      clearTimeout(timer);
    }
  }

  async function everyCopy<T>(key: string, near: Entry<T> | undefined): Promise<Copy<T>[]> {
    const far = await Promise.all([edge, kv].map(async (tier) => ({ tier: tier.name, entry: await tier.get<T>(key) })));
    return [{ tier: "memory" as const, entry: near }, ...far].flatMap(({ tier, entry }) =>
      entry ? [{ tier, entry }] : [],
    );
  }

  async function publish(key: string, entry: Entry<unknown>, order: number): Promise<void> {
    remember(key, entry, order);
    await edge.put(key, entry, jittered(EDGE_TTL_S, random()));
    defer(entry.value === null ? kv.delete(key) : kv.put(key, entry, jittered(KV_TTL_S, random())));
  }

  return {
    async read<T>(key: string, options: ReadOptions<T>): Promise<Found<T>> {
      if (options.revalidate) return ask(key, options, []);
      const copies: Copy<T>[] = [];
      const near = memory.get(key) as Entry<T> | undefined;
      if (near) copies.push({ tier: "memory", entry: near });
      if (usable(near, options)) {
        if (isOld(near, options)) refreshBehind(key, options);
        return found("memory", near, ageOf(near));
      }
      for (const tier of [edge, kv]) {
        const entry = await tier.get<T>(key);
        if (!entry) continue;
        copies.push({ tier: tier.name, entry });
        if (!usable(entry, options)) continue;
        remember(key, entry);
        if (tier.name === "kv") defer(edge.put(key, entry, jittered(EDGE_TTL_S, random())));
        if (isOld(entry, options)) refreshBehind(key, options);
        return found(tier.name, entry, ageOf(entry));
      }
      return ask(key, options, copies);
    },

    write: async (key, value) => publish(key, { value, at: now() }, ++reads),

    async refresh(key, load) {
      const [at, order] = [now(), ++reads];
      const value = await load();
      await publish(key, { value: value ?? null, at }, order);
      return value;
    },
  };
}

function found<T>(tier: Found<T>["tier"], entry: Entry<T>, age_ms: number): Found<T> {
  return { value: entry.value, age_ms, tier, degraded: false };
}

function sizeOf(value: unknown): number {
  return value === null ? 0 : 2 * JSON.stringify(value).length;
}

/** Forgets all once there are too many; what is forgotten costs a write or a read more, nothing else. */
function bounded(times: Map<string, number>): Map<string, number> {
  if (times.size >= 10_000) times.clear();
  return times;
}
