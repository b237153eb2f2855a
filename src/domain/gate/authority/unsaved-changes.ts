import { concurrencyOf, type KeyState } from "./key-state.ts";
import type { LedgerLease } from "./ledger-lease.ts";
import type { LeaseLedger, PermitAmounts } from "./lease-ledger.ts";
import type { Purpose } from "../protocol/messages.ts";

/**
 * What comes back is stored once the disk would leave less than this part of a limit free. What is
 * in use now fits beside what only counts as used, so the load of the moment goes on after an
 * eviction.
 */
const KEPT_FREE = 1 / 4;

/** What {@link UnsavedChanges} judges by. */
export interface UnsavedDeps {
  ledger: LeaseLedger;
  keyOf: (name: string) => KeyState | undefined;
  concurrency: Readonly<Record<Purpose, number>>;
}

/**
 * What of a gate's state must go to disk. What is on disk is a high-water mark: never less than
 * what is in use. So each use is stored before its reply leaves, and what comes back only where the
 * next life of the object would miss it. Otherwise it goes along when its part is stored next.
 */
export class UnsavedChanges {
  readonly #deps: UnsavedDeps;
  #keys = new Set<string>();
  #parts = new Set<number>();
  /** By part, what came back and still counts as used on disk. */
  readonly #back = new Map<number, PermitAmounts>();

  constructor(deps: UnsavedDeps) {
    this.#deps = deps;
  }

  /** Notes that what is known of a key changed. */
  addKey(name: string): void {
    this.#keys.add(name);
  }

  /** Notes that more is in use under a lease. */
  addUse(lease: Pick<LedgerLease, "part">): void {
    this.#parts.add(lease.part);
  }

  /** Notes what a report gave back. */
  addReturn(lease: LedgerLease, back: PermitAmounts, now: number): void {
    const known = this.#back.get(lease.part) ?? { slots: 0, requests: 0, tokens: 0 };
    this.#back.set(lease.part, {
      slots: known.slots + back.slots,
      requests: known.requests + Math.max(0, back.requests),
      tokens: known.tokens + Math.max(0, back.tokens),
    });
    if (this.#isMissed(lease, back, now)) this.addUse(lease);
  }

  /** The keys and the parts to store now. */
  take(): { keys: string[]; parts: number[] } {
    const taken = { keys: [...this.#keys], parts: [...this.#parts] };
    this.#keys = new Set();
    this.#parts = new Set();
    for (const part of taken.parts) this.#back.delete(part);
    return taken;
  }

  /** Whether the disk would leave too little, or shows less than what is used. */
  #isMissed({ key: name, purpose }: LedgerLease, back: PermitAmounts, now: number): boolean {
    const { ledger, keyOf, concurrency } = this.#deps;
    const key = keyOf(name);
    if (!key) return false;
    const stale = this.#stale();
    const exceeds = (used: number, limit: number) => used > limit * (1 - KEPT_FREE);
    const isShort = { requests: false, tokens: false, slots: false };
    for (const unit of ["requests", "tokens"] as const) {
      if (key[unit].limit === Infinity || back[unit] === 0) continue;
      isShort[unit] = back[unit] < 0 || exceeds(key[unit].used(now) + stale[unit], key[unit].limit);
    }
    isShort.slots =
      back.slots > 0 &&
      (exceeds(key.in_flight + stale.slots, concurrencyOf(key)) ||
        exceeds(ledger.slots.inPurpose(purpose) + stale.slots, concurrency[purpose]));
    return isShort.requests || isShort.tokens || isShort.slots;
  }

  /** All that counts as used on disk and is not. */
  #stale(): PermitAmounts {
    const sum = { slots: 0, requests: 0, tokens: 0 };
    for (const back of this.#back.values()) {
      sum.slots += back.slots;
      sum.requests += back.requests;
      sum.tokens += back.tokens;
    }
    return sum;
  }
}
