import type { KeyLimits } from "../protocol/messages.ts";

/** The keys as they were configured last, and how new that is. */
export interface StoredConfiguration {
  keys: KeyLimits[];
  /** When the copy was read that brought it, in epoch ms; 0 where no isolate told. */
  at: number;
}

/**
 * The newest configuration of a tenant's keys at a provider. Every isolate tells the keys as its
 * own copy has them, up to half a minute old, in any order. All keys of a copy are as old as the
 * copy, so that one time orders them all: the added, the changed and the removed ones.
 */
export class Configuration {
  #keys: readonly KeyLimits[];
  #form: string;
  #at: number;
  #isChanged = false;

  constructor(stored: StoredConfiguration | null) {
    this.#keys = stored?.keys ?? [];
    this.#form = formOf(this.#keys);
    this.#at = stored?.at ?? 0;
  }

  get keys(): readonly KeyLimits[] {
    return this.#keys;
  }

  /**
   * Takes a copy of the keys, unless it is older than the known one. Returns whether it differs.
   */
  take(copy: readonly KeyLimits[]): boolean {
    // An isolate without keys has no calls to make, so an empty copy says nothing.
    if (copy.length === 0) return false;
    const at = readAt(copy);
    if (at !== undefined && at < this.#at) return false;
    this.#at = at ?? this.#at;
    const keys = at === undefined ? copy.map((key) => this.#newerOf(key)) : copy;
    const form = formOf(keys);
    const isChanged = form !== this.#form;
    // A branch sends its keys on, and the root goes by how new they are, though they are the same.
    if (isChanged || at !== undefined) this.#keys = keys;
    if (!isChanged) return false;
    this.#form = form;
    this.#isChanged = true;
    return true;
  }

  /** The configuration if it changed since the last call. A newer copy of the same is no change. */
  takeChange(): StoredConfiguration | null {
    if (!this.#isChanged) return null;
    this.#isChanged = false;
    return { keys: [...this.#keys], at: this.#at };
  }

  /** An isolate of the version before does not say how old its copy is; keys have versions. */
  #newerOf(key: KeyLimits): KeyLimits {
    const known = this.#keys.find(({ name }) => name === key.name);
    return known && known.version > key.version ? known : key;
  }
}

/** When a copy was read; undefined where it does not say. */
function readAt(keys: readonly KeyLimits[]): number | undefined {
  const times = keys.flatMap(({ configured_at }) => configured_at ?? []);
  return times.length === 0 ? undefined : times.reduce((newest, time) => Math.max(newest, time));
}

/** All of the keys that makes a difference. */
function formOf(keys: readonly KeyLimits[]): string {
  return JSON.stringify(keys.map(({ configured_at: _at, ...limits }) => limits));
}
