import type { Entry, TierName } from "./tier.ts";

/**
 * A copy of a record. `kv_at` is when the copy in KV was written, as far as is known, in Unix ms;
 * absent in copies of earlier versions.
 */
export interface RecordCopy<T> extends Entry<T> {
  kv_at?: number;
}

/**
 * An entry in memory. `order` counts the reads and writes of an isolate: of two entries from the
 * same millisecond, the one that began later is right.
 */
export interface RecordEntry extends RecordCopy<unknown> {
  order: number;
}

/** A copy of a record that was found on the way to its source. */
export interface Copy<T> {
  tier: "memory" | TierName;
  entry: RecordCopy<T>;
}
