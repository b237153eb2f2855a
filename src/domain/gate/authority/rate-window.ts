/** The length of the window over which providers count their limits, in ms. */
export const WINDOW_MS = 60_000;
/** The window is kept in slots of this many ms: fine enough to waste only 0.2 % of it. */
export const SLOT_MS = 250;
/** The share of a minute's limit that may go at once after an idle time. */
const BURST_SHARE = 1 / 20;
/**
 * The slowest pace after a burst, as a share of the normal pace. Permits that were only leased
 * count as used, too, and come back.
 */
const MIN_PACE = 0.9;
/** The pace is slightly faster than the limit, so that the window binds and not the pace. */
const PACE = 1.01;

/** Amounts of permits by the slot that they are charged to. */
export type SlotCharges = [slot: number, amount: number][];

/** The slot that ends at or after a time. */
export function slotOf(time: number): number {
  return Math.ceil(time / SLOT_MS);
}

/**
 * A limit of permits a minute. No 60 seconds see more than the limit, whenever within its life each
 * permit is used: a permit is charged to the slot in which it can be used last, and leaves the
 * window 60 s after that slot's end.
 *
 * A pace runs beside the window and spreads a minute's permits over the minute; the window alone
 * would give all of them at once and then none for a minute. After a burst the pace is slower, so
 * that rare requests, which should be served first, do not meet a full window.
 *
 * Every charge belongs to a part of the ledger (`stored-part.ts`), so that each part can be stored
 * alone.
 */
export class RateWindow {
  /** Permits by the slot that they are charged to. */
  readonly #slots = new Map<number, number>();
  /** The same by part. */
  readonly #parts = new Map<number, Map<number, number>>();
  #limit: number;
  /** All that is in the slots. */
  #used = 0;
  /** Permits that the pace allows now. */
  #level: number;
  #pacedAt: number;
  /** Slots up to here have left the window. */
  #prunedTo = 0;
  #oldestSlot: number | null = null;
  #oldestSlotUntil = 0;

  /**
   * A window that is restored with charges starts without a burst: it cannot know what was granted
   * just before.
   */
  constructor(limit: number, now: number, restored: Iterable<[part: number, charges: SlotCharges]> = []) {
    this.#limit = limit;
    this.#pacedAt = now;
    this.#prune(now);
    for (const [part, charges] of restored) for (const [slot, amount] of charges) this.#add(part, slot, amount);
    this.#level = this.#used > 0 ? 0 : this.#burst;
  }

  /** The permits a minute; Infinity where there is no limit. */
  get limit(): number {
    return this.#limit;
  }

  setLimit(next: number): void {
    if (next === this.#limit) return;
    const wasOpen = this.#limit === Infinity;
    this.#limit = next;
    this.#level = wasOpen ? 0 : Math.min(this.#level, this.#burst);
  }

  /** How many permits may go now, if at least `first` may; 0 otherwise. */
  room(first: number, now: number): number {
    if (this.#limit === Infinity) return Infinity;
    this.#prune(now);
    this.#refill(now);
    const enough = Math.min(first, this.#burst);
    if (this.#limit - this.#used < first) {
      // Permits that pile up while the window is full would go as one burst, and stall the next
      // minute too.
      this.#level = Math.min(this.#level, Math.max(enough, this.#perMs * 1_000));
      return 0;
    }
    return this.#level < enough ? 0 : Math.max(first, Math.min(this.#limit - this.#used, this.#level));
  }

  /** Takes permits and charges them to a slot, in a part of the ledger. */
  take(slot: number, amount: number, now: number, part = 0): void {
    this.#prune(now);
    this.#add(part, slot, amount);
    this.#level -= amount;
  }

  /** Gives unused permits back. */
  giveBack(slot: number, amount: number, part = 0): void {
    this.#remove(part, slot, amount);
    this.#level = Math.min(this.#burst, this.#level + amount);
  }

  /**
   * Replaces `reserved` permits by the `spent` ones, charged to the slot `to`, which is not later.
   */
  settle(slot: number, reserved: number, to: number, spent: number, now: number, part = 0): void {
    this.#prune(now);
    this.#remove(part, slot, reserved);
    this.#add(part, Math.min(slot, to), spent);
    this.#level = Math.min(this.#burst, this.#level + reserved - spent);
  }

  /** Permits that count towards the limit now. */
  used(now: number): number {
    this.#prune(now);
    return this.#used;
  }

  /** Milliseconds until `amount` permits fit if nothing else changes. */
  waitFor(amount: number, now: number): number {
    this.#prune(now);
    const behind = Math.min(amount, this.#burst) - this.#level;
    const paced = this.#limit === Infinity ? 0 : Math.max(0, behind / this.#perMs);
    let over = this.#used + amount - this.#limit;
    if (over <= 0) return Math.ceil(paced);
    for (const [slot, held] of [...this.#slots].toSorted(([a], [b]) => a - b)) {
      over -= held;
      if (over <= 0) return Math.ceil(Math.max(paced, slot * SLOT_MS + WINDOW_MS - now));
    }
    return WINDOW_MS;
  }

  /** What still counts of a part's charges, for storage. */
  charges(part: number, now: number): SlotCharges {
    this.#prune(now);
    return [...(this.#parts.get(part) ?? [])];
  }

  /** The parts that may have charges. */
  parts(): Iterable<number> {
    return this.#parts.keys();
  }

  get #burst(): number {
    return Math.max(1, this.#limit * BURST_SHARE);
  }

  get #perMs(): number {
    return (this.#limit * PACE) / WINDOW_MS;
  }

  /**
   * Makes what is left last until the oldest permits leave the window: slower after a burst, not
   * stopped.
   */
  #pace(now: number): number {
    if (now >= this.#oldestSlotUntil) {
      this.#oldestSlotUntil = now + SLOT_MS;
      this.#oldestSlot = this.#slots.size === 0 ? null : Math.min(...this.#slots.keys());
    }
    if (this.#oldestSlot === null) return this.#perMs;
    const lasting = (this.#limit - this.#used) / Math.max(SLOT_MS, this.#oldestSlot * SLOT_MS + WINDOW_MS - now);
    return Math.min(this.#perMs, Math.max(MIN_PACE * this.#perMs, lasting));
  }

  #refill(now: number): void {
    if (this.#limit !== Infinity) {
      const grown = this.#level + Math.max(0, now - this.#pacedAt) * this.#pace(now);
      this.#level = Math.min(this.#burst, grown);
    }
    this.#pacedAt = Math.max(this.#pacedAt, now);
  }

  #prune(now: number): void {
    const oldest = Math.floor((now - WINDOW_MS) / SLOT_MS);
    if (oldest <= this.#prunedTo) return;
    this.#prunedTo = oldest;
    for (const [slot, amount] of this.#slots) {
      if (slot > oldest) continue;
      this.#slots.delete(slot);
      this.#used -= amount;
      for (const charges of this.#parts.values()) charges.delete(slot);
    }
  }

  #add(part: number, slot: number, amount: number): void {
    if (amount === 0 || slot <= this.#prunedTo) return;
    let charges = this.#parts.get(part);
    if (!charges) this.#parts.set(part, (charges = new Map()));
    for (const amounts of [this.#slots, charges]) amounts.set(slot, (amounts.get(slot) ?? 0) + amount);
    this.#used += amount;
  }

  #remove(part: number, slot: number, amount: number): void {
    const charges = this.#parts.get(part);
    const gone = Math.min(charges?.get(slot) ?? 0, amount);
    if (!charges || gone === 0) return;
    for (const amounts of [this.#slots, charges]) {
      const left = (amounts.get(slot) ?? 0) - gone;
      if (left > 0) amounts.set(slot, left);
      else amounts.delete(slot);
    }
    this.#used -= gone;
  }
}
