import { withTimeout } from "../lib/deadline.ts";
import { LruMap } from "../lib/lru-map.ts";
import { type DatedValue, type ReadDated, type RecordSource, sourceOf } from "./dated-value.ts";
import type { MemoryTier } from "./memory.ts";
import type { Copy, RecordCopy, RecordEntry } from "./record-copy.ts";
import { type Entry, jittered, type CacheTier, type TierName } from "./tier.ts";

/** The allowed age of a record, in milliseconds. */
export interface Staleness {
  /** An isolate serves an older record at once, and reads it anew behind the response. */
  freshMs: number;
  /** No copy older than this is served anywhere while the source answers. */
  boundMs: number;
  /** The allowed age of the last good copy while the source does not answer. */
  lastGoodMs: number;
}

/** The staleness of records that never change once they are written. */
export const IMMUTABLE: Staleness = { freshMs: Infinity, boundMs: Infinity, lastGoodMs: Infinity };

/** A record that was read. `value` is null if the record is known not to exist. */
export interface Found<T> {
  value: T | null;
  /** How long ago the value was read from its source, milliseconds. */
  age_ms: number;
  tier: "memory" | TierName | "replica" | "source";
  /** The source does not answer, and this is the newest copy, which may say that it was deleted. */
  degraded: boolean;
}

/** How to read a record. */
export interface ReadOptions<T> {
  staleness: Staleness;
  /** Reads the source. Undefined means that there is no such record. */
  load: () => Promise<T | undefined>;
  /** Ignores every copy and asks the source. */
  revalidate?: boolean;
  /** Whether a read that need not be anew may ask a replica of the source. Default false. */
  mayLag?: boolean;
  /**
   * False if callers can make up keys of this kind: then the absence of a record without a copy in
   * memory is not kept, so that it neither evicts another record nor costs a write. Default true.
   */
  keepAbsence?: boolean;
}

/**
 * Records of the database, read through memory → Cache API → source. Each copy carries the time at
 * which its source was read, and only that time decides whether it may be served. So the bound on
 * staleness holds whatever the delays of the tiers are. KV is written when a record changes, so a
 * copy there is too old to serve, unless records of its kind never change; the others stand in
 * while the source does not answer. Keys are URL paths: `pointer/<tenant>/<name>`.
 */
export interface RecordCache {
  /** Throws the error of `load`, unless a copy is good enough to stand in. */
  read<T>(key: string, options: ReadOptions<T>): Promise<Found<T>>;
  /**
   * Stores a value after its writer wrote it to the source, so that this isolate and data centre
   * see it at once. Null means that the record was deleted: then the copies say so, in KV as well,
   * so that none from before stands in while the source does not answer.
   */
  write(key: string, value: unknown): Promise<void>;
  /**
   * Like {@link write}, for a writer that must read back what it wrote. Returns what `load`
   * returns.
   */
  refresh<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined>;
}

/** The dependencies of {@link TieredRecordCache}. */
export interface RecordCacheDeps {
  memory: MemoryTier<RecordEntry>;
  edge: CacheTier;
  kv: CacheTier;
  now: () => number;
  /** A random number in [0, 1). */
  random: () => number;
  /** Absent where there are no replicas. */
  readDated?: ReadDated;
  /** Continues work behind the response. */
  defer: (work: Promise<unknown>) => void;
}

/**
 * Copies outlive their freshness, so that they can stand in while their source is down. Seconds.
 */
const EDGE_TTL_S = 86_400;
const KV_TTL_S = 7 * 86_400;
/**
 * A copy in KV is written anew at this age, once for each data centre that reads the record, so
 * that KV still has it when the source fails. Each write costs. Milliseconds.
 */
const KV_REFRESH_MS = 43_200_000;
/** How long the source may take where a copy can stand in. Milliseconds. */
const SOURCE_TIMEOUT_MS = 2_000;
/** Minimum time between the starts of two refreshes of a record, milliseconds. */
const REFRESH_PAUSE_MS = 1_000;
/** A copy from further in the future comes from a clock that cannot be trusted. Milliseconds. */
const MAX_SKEW_MS = 1_000;
/** The approximate bytes of an entry in memory beside its JSON. */
const ENTRY_BYTES = 200;
/**
 * Records whose times an isolate remembers. A forgotten time costs one more write or read, and
 * nothing else.
 */
const MAX_TIMES = 10_000;

/** The {@link RecordCache} over its tiers. */
export class TieredRecordCache implements RecordCache {
  readonly #deps: RecordCacheDeps;
  /** When this isolate last refreshed each record. */
  readonly #refreshes = new LruMap<string, number>({ maxEntries: MAX_TIMES });
  #order = 0;

  constructor(deps: RecordCacheDeps) {
    this.#deps = deps;
  }

  async read<T>(key: string, options: ReadOptions<T>): Promise<Found<T>> {
    const copies: Copy<T>[] = [];
    const near = this.#inMemory<T>(key);
    if (near) copies.push({ tier: "memory", entry: near });
    if (options.revalidate) return this.#ask(key, options, copies);
    if (this.#isUsable(near, options)) {
      if (this.#isOld(near, options)) this.#refreshBehind(key, options, { tier: "memory", entry: near });
      return found("memory", near, this.#ageOf(near));
    }
    const { edge, kv } = this.#deps;
    for (const tier of neverChanges(options) ? [edge, kv] : [edge]) {
      const entry: RecordCopy<T> | undefined = await tier.get<T>(key);
      if (!entry) continue;
      copies.push({ tier: tier.name, entry });
      if (!this.#isUsable(entry, options)) continue;
      this.#remember(key, entry);
      if (tier.name === "kv") this.#deps.defer(this.#putInEdge(key, entry));
      if (this.#isOld(entry, options)) this.#refreshBehind(key, options, { tier: tier.name, entry });
      return found(tier.name, entry, this.#ageOf(entry));
    }
    return this.#ask(key, options, copies);
  }

  async write(key: string, value: unknown): Promise<void> {
    const at = this.#deps.now();
    await this.#publish(key, { value, at, kv_at: at }, ++this.#order);
  }

  async refresh<T>(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const [at, order] = [this.#deps.now(), ++this.#order];
    const { value } = await this.#dated(load, "primary");
    await this.#publish(key, { value: value ?? null, at, kv_at: at }, order);
    return value;
  }

  #inMemory<T>(key: string): RecordCopy<T> | undefined {
    return this.#deps.memory.get(key) as RecordCopy<T> | undefined;
  }

  #ageOf(entry: Entry<unknown>): number {
    const now = this.#deps.now();
    return entry.at > now + MAX_SKEW_MS ? Infinity : Math.max(0, now - entry.at);
  }

  /**
   * The jitter keeps isolates that read a record in the same moment from refreshing it in the same
   * moment.
   */
  #isOld(entry: Entry<unknown>, { staleness }: ReadOptions<unknown>): boolean {
    return this.#ageOf(entry) > jittered(staleness.freshMs, this.#deps.random());
  }

  /** Absence is believed only for as long as an isolate trusts its own memory. */
  #isUsable<T>(entry: RecordCopy<T> | undefined, { staleness }: ReadOptions<T>): entry is RecordCopy<T> {
    if (!entry) return false;
    return this.#ageOf(entry) <= (entry.value === null ? staleness.freshMs : staleness.boundMs);
  }

  /**
   * Keeps the entry whose source was read last: a refresh that began before a write must not undo
   * it.
   */
  #remember(key: string, copy: RecordCopy<unknown>, order = 0): void {
    const { value, at } = copy;
    const known = this.#deps.memory.get(key);
    if (known && (known.at > at || (known.at === at && known.order >= order))) return;
    this.#deps.memory.put(key, { ...copy, order }, ENTRY_BYTES + sizeOf(value));
  }

  async #putInEdge(key: string, entry: Entry<unknown>): Promise<void> {
    await this.#deps.edge.put(key, entry, jittered(EDGE_TTL_S, this.#deps.random()));
  }

  async #putInKv(key: string, entry: Entry<unknown>): Promise<void> {
    await this.#deps.kv.put(key, entry, jittered(KV_TTL_S, this.#deps.random()));
  }

  /** Reads the source. `copies` tell when the copy in KV was written. */
  async #fromSource<T>(key: string, options: ReadOptions<T>, copies: Copy<T>[]): Promise<Found<T>> {
    const { load, mayLag = false, revalidate = false, keepAbsence = true } = options;
    const { now, defer } = this.#deps;
    const [startedAt, order] = [now(), ++this.#order];
    const read = await this.#dated(load, sourceOf({ mayLag, revalidate }));
    const { value = null, asOf: at = startedAt } = read;
    const tier = read.asOf === undefined ? "source" : "replica";
    // The absence of an immutable record is not remembered: the record may be written in a moment.
    const answer = found(tier, { value, at }, this.#ageOf({ value, at }));
    if (value === null && neverChanges(options)) return answer;
    if (value === null && !keepAbsence && !this.#inMemory(key)) return answer;
    const kvAt = Math.max(0, ...copies.map(({ tier, entry }) => entry.kv_at ?? (tier === "kv" ? entry.at : 0)));
    const isDue = value !== null && at - kvAt >= KV_REFRESH_MS;
    const entry: RecordCopy<T> = { value, at, kv_at: isDue ? at : kvAt };
    this.#remember(key, entry, order);
    defer(this.#spread(key, entry, { isDue, mayBeOvertaken: read.asOf !== undefined }));
    return answer;
  }

  /** Stores a copy outside; a replica's not over a newer one, which a writer stored meanwhile. */
  async #spread<T>(
    key: string,
    entry: RecordCopy<T>,
    { isDue, mayBeOvertaken }: { isDue: boolean; mayBeOvertaken: boolean },
  ): Promise<void> {
    const near: RecordCopy<T> | undefined = mayBeOvertaken ? await this.#deps.edge.get<T>(key) : undefined;
    if (near && near.at > entry.at && this.#ageOf(near) < Infinity) return this.#remember(key, near);
    await Promise.all([this.#putInEdge(key, entry), isDue ? this.#putInKv(key, entry) : undefined]);
  }

  async #dated<T>(load: () => Promise<T | undefined>, from: RecordSource): Promise<DatedValue<T>> {
    const { readDated } = this.#deps;
    return readDated ? readDated(load, from) : { value: await load(), asOf: undefined };
  }

  #refreshBehind<T>(key: string, options: ReadOptions<T>, copy: Copy<T>): void {
    const { now, defer, edge } = this.#deps;
    if (now() - (this.#refreshes.get(key) ?? -Infinity) < REFRESH_PAUSE_MS) return;
    this.#refreshes.set(key, now());
    const work = async () => {
      const near: RecordCopy<T> | undefined = await edge.get<T>(key);
      if (near && this.#ageOf(near) <= options.staleness.freshMs) this.#remember(key, near);
      else await this.#fromSource(key, options, near ? [copy, { tier: "edge", entry: near }] : [copy]);
    };
    // A failed refresh changes nothing: the copy is served up to its bound, and then a read asks
    // the source.
    defer(work().catch(() => undefined));
  }

  /** Asks the source. Once it is late, a copy stands in; without one, there is no limit. */
  async #ask<T>(key: string, options: ReadOptions<T>, copies: Copy<T>[]): Promise<Found<T>> {
    const late = () => new Error(`the source took over ${SOURCE_TIMEOUT_MS} ms`);
    const asked = this.#fromSource(key, options, copies);
    try {
      return await withTimeout(asked, SOURCE_TIMEOUT_MS, late);
    } catch {
      const copy = await this.#lastGood(key, options, copies);
      if (!copy) return await asked;
      return { ...found(copy.tier, copy.entry, this.#ageOf(copy.entry)), degraded: true };
    }
  }

  /**
   * The newest copy that is not too old to stand in, wherever it is. One that says that there is no
   * such record stands in, too: an older copy is of what was deleted.
   */
  async #lastGood<T>(key: string, options: ReadOptions<T>, copies: Copy<T>[]): Promise<Copy<T> | undefined> {
    const { edge, kv } = this.#deps;
    const asked = [edge, kv].map(async (tier) => ({ tier: tier.name, entry: await tier.get<T>(key) }));
    const outer = (await Promise.all(asked)).flatMap(({ tier, entry }) => (entry ? [{ tier, entry }] : []));
    return [...copies, ...outer]
      .filter(({ entry }) => this.#ageOf(entry) <= options.staleness.lastGoodMs)
      .toSorted((a, b) => b.entry.at - a.entry.at || existence(a.entry) - existence(b.entry))[0];
  }

  async #publish(key: string, entry: RecordCopy<unknown>, order: number): Promise<void> {
    this.#remember(key, entry, order);
    await this.#putInEdge(key, entry);
    this.#deps.defer(this.#putInKv(key, entry));
  }
}

function neverChanges({ staleness }: Pick<ReadOptions<unknown>, "staleness">): boolean {
  return staleness.boundMs === Infinity;
}

/** Of two copies from the same millisecond, the one without a value is of the later deletion. */
function existence({ value }: Entry<unknown>): number {
  return value === null ? 0 : 1;
}

function found<T>(tier: Found<T>["tier"], entry: Entry<T>, age_ms: number): Found<T> {
  return { value: entry.value, age_ms, tier, degraded: false };
}

/**
 * The approximate bytes of a value in memory: V8 keeps up to two bytes for each character of its
 * JSON.
 */
function sizeOf(value: unknown): number {
  return value === null ? 0 : 2 * JSON.stringify(value).length;
}
