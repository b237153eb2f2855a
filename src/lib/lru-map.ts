/** The bounds of an {@link LruMap}. */
export interface LruMapOptions<V> {
  maxEntries: number;
  /**
   * Most that the weights of all values may add up to; without it only `maxEntries` bounds the map.
   */
  maxWeight?: number;
  /**
   * What a value weighs when it is set, in the unit of `maxWeight`. Without it a value weighs
   * nothing.
   */
  weigh?: (value: V) => number;
  /**
   * Whether a value may make room for others; all may without it. Values that may not be evicted
   * can hold the map above its bounds. One that was just set stays: its user has not begun.
   */
  mayEvict?: (value: V) => boolean;
}

/** A map with bounds: the least recently used entries make room. `get` and `set` count as use. */
export class LruMap<K, V> {
  readonly #options: Required<LruMapOptions<V>>;
  /** A Map iterates in the order of insertion, so an entry that is used is inserted again. */
  readonly #entries = new Map<K, { value: V; weight: number }>();
  #weight = 0;

  constructor({ maxEntries, maxWeight = Infinity, weigh = () => 0, mayEvict = () => true }: LruMapOptions<V>) {
    this.#options = { maxEntries, maxWeight, weigh, mayEvict };
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value. One that is heavier than the whole map may be is not kept. */
  set(key: K, value: V): void {
    this.delete(key);
    const weight = this.#options.weigh(value);
    if (weight > this.#options.maxWeight) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    this.#evict(key);
  }

  delete(key: K): boolean {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  /** The values, the least recently used first. */
  *values(): IterableIterator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }

  #evict(newest: K): void {
    const { maxEntries, maxWeight, mayEvict } = this.#options;
    for (const [key, { value }] of this.#entries) {
      if (this.#entries.size <= maxEntries && this.#weight <= maxWeight) return;
      if (key !== newest && mayEvict(value)) this.delete(key);
    }
  }
}
