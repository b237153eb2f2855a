import type { StoredRecord } from "./stored-record.ts";

/** How much is wanted. The record that reaches the number of characters is the last. */
export interface RecordLimits {
  records: number;
  characters?: number;
}

/** Records in the order of a walk, and whether there may be more. */
export interface SomeRecords {
  records: StoredRecord[];
  isMore: boolean;
}

interface Version extends StoredRecord {
  version: number;
}

/**
 * The first records of a walk, in the order of their ids, out of sources that overlap. Of several
 * records of an id the one with the highest version counts. It never holds much more than is
 * wanted.
 */
export class FirstRecords {
  readonly #sign: 1 | -1;
  readonly #limits: Required<RecordLimits>;
  #records: Version[] = [];
  #characters = 0;
  /** Records that were added since the others were put in order. */
  #added = 0;
  /** The last id that may still belong to them; null while more are wanted. */
  #last: string | null = null;

  constructor(order: "oldest first" | "newest first", { records, characters = Infinity }: RecordLimits) {
    this.#sign = order === "oldest first" ? 1 : -1;
    this.#limits = { records, characters };
  }

  /** Adds records of a version, in any order. */
  add(records: Iterable<StoredRecord>, version: number): void {
    for (const { id, record } of records) {
      if (this.isPast(id)) continue;
      this.#records.push({ id, record, version });
      this.#characters += record.length;
      this.#added += 1;
    }
    // Putting them in order takes time. Once the last one is known, it waits for a few more.
    const isEnough = this.#records.length >= this.#limits.records || this.#characters >= this.#limits.characters;
    if (isEnough && (this.#last === null || this.#added >= this.#limits.records / 4)) this.#sort();
  }

  /** Whether an id comes after all that is wanted. */
  isPast(id: string): boolean {
    return this.#last !== null && this.#compare(id, this.#last) > 0;
  }

  take(): SomeRecords {
    this.#sort();
    return { records: this.#records.map(({ id, record }) => ({ id, record })), isMore: this.#last !== null };
  }

  /** Puts the records in order, and leaves out what is not wanted. */
  #sort(): void {
    const all = this.#records.sort((a, b) => this.#compare(a.id, b.id) || b.version - a.version);
    [this.#records, this.#characters, this.#added] = [[], 0, 0];
    let previous = "";
    for (const each of all) {
      if (each.id === previous) continue;
      previous = each.id;
      this.#characters += each.record.length;
      this.#records.push(each);
      if (this.#records.length < this.#limits.records && this.#characters < this.#limits.characters) continue;
      // It stays the last, even if a shorter version takes its place: what came after it is gone.
      this.#last = each.id;
      return;
    }
  }

  #compare(a: string, b: string): number {
    if (a === b) return 0;
    return a < b ? -this.#sign : this.#sign;
  }
}
