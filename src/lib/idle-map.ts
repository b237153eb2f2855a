/** The bounds of an {@link IdleMap}. */
export interface IdleMapOptions<V> {
  /** A new entry takes the place of an idle one where there are this many. */
  maxEntries: number;
  /**
   * Entries in use make room for a new one, too, where there are this many; Infinity without it.
   */
  most?: number;
  /** How long an idle entry is kept after its last use, in ms. */
  idleMs: number;
  /** Whether an entry may be dropped. One that may not counts as used when that is found out. */
  isIdle: (value: V, now: number) => boolean;
}

/** The entries that one use looks at: each use adds one at most, so the map keeps its bounds. */
const LOOKS = 8;

/**
 * State by a name that callers choose, such as a model's. It is bounded, and what is idle is
 * dropped, the least recently used first. No use looks at more than a few entries. Times are epoch
 * ms.
 */
export class IdleMap<V> {
  readonly #options: Required<IdleMapOptions<V>>;
  /** A Map iterates in the order of insertion, so an entry that is used is inserted again. */
  readonly #entries = new Map<string, { value: V; used_at: number }>();

  constructor(options: IdleMapOptions<V>) {
    this.#options = { most: Infinity, ...options };
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A value. This is no use of it. */
  peek(name: string): V | undefined {
    return this.#entries.get(name)?.value;
  }

  /** A value. This is a use of it. */
  use(name: string, now: number): V | undefined {
    const entry = this.#entries.get(name);
    if (entry) this.set(name, entry.value, now);
    return entry?.value;
  }

  set(name: string, value: V, now: number): void {
    const isNew = !this.#entries.delete(name);
    this.#drop(isNew ? 1 : 0, now);
    this.#append(name, value, now);
  }

  delete(name: string): boolean {
    return this.#entries.delete(name);
  }

  /** All entries, the least recently used first. */
  *entries(): IterableIterator<[name: string, value: V]> {
    for (const [name, { value }] of this.#entries) yield [name, value];
  }

  /** Drops idle entries that are old, or in the way of `more` new ones. */
  #drop(more: number, now: number): void {
    const { maxEntries, most, idleMs, isIdle } = this.#options;
    let looks = 0;
    for (const [name, { value, used_at }] of this.#entries) {
      const isOver = more > 0 && this.#entries.size + more > maxEntries;
      if (looks++ === LOOKS || (!isOver && now - used_at < idleMs)) break;
      if (isIdle(value, now)) this.#entries.delete(name);
      else this.#append(name, value, now);
    }
    for (const name of this.#entries.keys()) {
      if (more === 0 || this.#entries.size + more <= most) return;
      this.#entries.delete(name);
    }
  }

  #append(name: string, value: V, now: number): void {
    this.#entries.delete(name);
    this.#entries.set(name, { value, used_at: now });
  }
}
