/** The length of the window over which providers hold their limits, in ms. */
export const WINDOW_MS = 60_000;
/** The window is kept in slots of this many ms: fine enough to waste 0.2 % of it. */
export const SLOT_MS = 250;
/** Share of a minute's limit that may go at once after idleness. */
const BURST_SHARE = 1 / 20;
/** After a burst the pace is slower, but not by more: what was only lent counts as used, too, and comes back. */
const LEAST_PACE = 0.9;
/** Permits are paced a little faster than the limit, so that the window and not the pace is what binds. */
const PACE = 1.01;

/**
 * A limit of so many a minute, held so that no 60 seconds see more, whenever within its time each permit is used.
 * A permit is charged to the slot in which it can be used last, and leaves the window 60 s after that slot's end. Beside it runs a pace that
 * spreads a minute's permits over the minute: the window alone would give all at once and then nothing for a minute. After a burst the pace is slower, so
 * that nobody meets a full window, those least who come seldom and are to be let first.
 */
export interface RateWindow {
  /** How much may be given now, if at least `first` may; else 0. */
  room(first: number, now: number): number;
  /** Takes `amount` and charges it to a slot. */
  take(slot: number, amount: number, now: number): void;
  /** Gives back what was not used. */
  giveBack(slot: number, amount: number): void;
  /** Corrects what was used: `from` becomes `spent` in the slot `to`, which is not later. */
  settle(slot: number, reserved: number, to: number, spent: number, now: number): void;
  setLimit(limit: number): void;
  limit(): number;
  used(now: number): number;
  /** When `amount` will fit if nothing else changes, in ms from now. */
  waitFor(amount: number, now: number): number;
  /** Every slot that still counts, for storage. */
  charges(): ReadonlyMap<number, number>;
}

/** The slot that ends at or after a time. */
export function slotOf(time: number): number {
  return Math.ceil(time / SLOT_MS);
}

/** A window with what is known to have been charged. One that is restored begins without burst: it cannot know what was just given. */
export function createRateWindow(limit: number, now: number, restored?: Iterable<[number, number]>): RateWindow {
  const slots = new Map<number, number>(restored);
  let sum = [...slots.values()].reduce((total, amount) => total + amount, 0);
  let prunedTo = 0;
  let max = limit;
  let pacedAt = now;
  let oldest: number | null = null;
  let oldestUntil = 0;
  let level = restored ? 0 : burst();

  function burst(): number {
    return Math.max(1, max * BURST_SHARE);
  }
  function perMs(): number {
    return (max * PACE) / WINDOW_MS;
  }
  /** What is left is to last until the oldest of what was used leaves the window: a burst is made up for by a slower pace, and not by a standstill. */
  function pace(now: number): number {
    if (now >= oldestUntil) {
      oldestUntil = now + SLOT_MS;
      oldest = slots.size === 0 ? null : Math.min(...slots.keys());
    }
    if (oldest === null) return perMs();
    const lasting = (max - sum) / Math.max(SLOT_MS, oldest * SLOT_MS + WINDOW_MS - now);
    return Math.min(perMs(), Math.max(LEAST_PACE * perMs(), lasting));
  }
  function prune(now: number): void {
    const oldest = Math.floor((now - WINDOW_MS) / SLOT_MS);
    if (oldest <= prunedTo) return;
    prunedTo = oldest;
    for (const [slot, amount] of slots) {
      if (slot > oldest) continue;
      slots.delete(slot);
      sum -= amount;
    }
  }
  function refill(now: number): void {
    if (max !== Infinity) level = Math.min(burst(), level + Math.max(0, now - pacedAt) * pace(now));
    pacedAt = Math.max(pacedAt, now);
  }
  function add(slot: number, amount: number): void {
    if (amount === 0 || slot <= prunedTo) return;
    slots.set(slot, (slots.get(slot) ?? 0) + amount);
    sum += amount;
  }
  function remove(slot: number, amount: number): void {
    const held = slots.get(slot);
    if (held === undefined) return;
    const gone = Math.min(held, amount);
    if (gone < held) slots.set(slot, held - gone);
    else slots.delete(slot);
    sum -= gone;
  }

  return {
    room(first, now) {
      if (max === Infinity) return Infinity;
      prune(now);
      refill(now);
      const enough = Math.min(first, burst());
      if (max - sum < first) {
        // What piles up while the window is full would go as one burst, and stall the next minute at the same place again.
        level = Math.min(level, Math.max(enough, perMs() * 1_000));
        return 0;
      }
      return level < enough ? 0 : Math.max(first, Math.min(max - sum, level));
    },
    take(slot, amount, now) {
      prune(now);
      add(slot, amount);
      level -= amount;
    },
    giveBack(slot, amount) {
      remove(slot, amount);
      level = Math.min(burst(), level + amount);
    },
    settle(slot, reserved, to, spent, now) {
      prune(now);
      remove(slot, reserved);
      add(Math.min(slot, to), spent);
      level = Math.min(burst(), level + reserved - spent);
    },
    setLimit(next) {
      if (next === max) return;
      const wasOpen = max === Infinity;
      max = next;
      level = wasOpen ? 0 : Math.min(level, burst());
    },
    limit: () => max,
    used(now) {
      prune(now);
      return sum;
    },
    waitFor(amount, now) {
      prune(now);
      const paced = max === Infinity ? 0 : Math.max(0, (Math.min(amount, burst()) - level) / perMs());
      let over = sum + amount - max;
      if (over <= 0) return Math.ceil(paced);
      for (const [slot, held] of [...slots].toSorted(([a], [b]) => a - b)) {
        over -= held;
        if (over <= 0) return Math.ceil(Math.max(paced, slot * SLOT_MS + WINDOW_MS - now));
      }
      return WINDOW_MS;
    },
    charges: () => slots,
  };
}
