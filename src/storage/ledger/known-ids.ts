import { timeOfId } from "../../domain/id.ts";
import { hourOf } from "../../domain/ledger/periods.ts";

/** The most ids that are known, some 20 MB: three times what a share has at ten million a day. */
const MAX_IDS = 200_000;

/**
 * The ids of the records whose hours are open, so that what arrives is mostly known to be new
 * without a look at the blocks. It fills while the open hours are summed, which reads all of them,
 * and knows nothing before that is done.
 */
export class KnownIds {
  readonly #hours = new Map<number, Set<string>>();
  #size = 0;
  /** Only ids of this hour and later ones are known; those of earlier ones must be looked up. */
  #from = Infinity;
  #isFull = false;

  /** Begins anew, with no ids. */
  begin(from: number): void {
    this.#hours.clear();
    [this.#size, this.#from, this.#isFull] = [0, from, false];
  }

  /** The ids of all records of these hours have been added. */
  complete(): void {
    this.#isFull = true;
  }

  add(id: string): void {
    const hour = hourOf(timeOfId(id));
    if (!(hour >= this.#from)) return;
    let ids = this.#hours.get(hour);
    if (!ids) this.#hours.set(hour, (ids = new Set()));
    const before = ids.size;
    ids.add(id);
    this.#size += ids.size - before;
    if (this.#size > MAX_IDS) this.forgetBefore(Math.min(...this.#hours.keys()) + 1);
  }

  /** Whether an id has no record here. False where that is not known. */
  isNew(id: string): boolean {
    const hour = hourOf(timeOfId(id));
    return this.#isFull && hour >= this.#from && this.#hours.get(hour)?.has(id) !== true;
  }

  /** Ids of hours before one are no longer known. */
  forgetBefore(from: number): void {
    if (from <= this.#from) return;
    for (const [hour, ids] of this.#hours) {
      if (hour >= from) continue;
      this.#hours.delete(hour);
      this.#size -= ids.size;
    }
    this.#from = from;
  }
}
