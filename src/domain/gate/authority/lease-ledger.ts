import type { Lane } from "../../lane.ts";
import { concurrencyOf, type KeyState, isOpen, minuteUsed } from "./key-state.ts";
import { applyReport, type LedgerLease, isClosed, slotsOut, unusedRequests, unusedTokens } from "./ledger-lease.ts";
import { slotOf } from "./rate-window.ts";
import { partOf } from "./stored-part.ts";
import { SlotCounts } from "./slot-counts.ts";
import type { Lease, LeaseReport, Purpose, Renewed } from "../protocol/messages.ts";

/** What a lease is made of. `tight` says that the concurrency of all keys together is short. */
export interface LeaseGrant {
  holder: string;
  purpose: Purpose;
  key: KeyState;
  model: string;
  lane: Lane;
  requests: number;
  slots: number;
  tokens: number;
  probe: boolean;
  tight: boolean;
  hold_ms: number;
}

/** Times that bound when a permit may be used, in ms. */
export interface LeaseTimes {
  life_ms: number;
  /** The life where only concurrency is short, and where nothing is limited. */
  slot_life_ms: number;
  open_life_ms: number;
  /** The longest time from the sending of a call until the provider counts it. */
  transit_ms: number;
}

/** Permits that a report gives back; negative where more was used than was charged. */
export interface PermitAmounts {
  slots: number;
  requests: number;
  tokens: number;
}

/** What a report settles of a limit that its lease does not count. */
const NOTHING = { used: 0, back: 0 };
/** A key's limits a minute count as far away until this part of them is used. */
const AMPLE = 0.5;
/** The time between two searches for expired leases, in ms. */
const EXPIRE_EVERY_MS = 1_000;

/**
 * Every lease that is out. It conserves permits: a grant charges them to the key's windows and
 * concurrency, and they come back only as unused, as settled, or once they can no longer be in use.
 * Nothing here depends on a holder's clock or on a report that may be lost.
 */
export class LeaseLedger {
  readonly #times: LeaseTimes;
  readonly #keyOf: (name: string) => KeyState | undefined;
  readonly #leases: Map<string, LedgerLease>;
  readonly #counts = new SlotCounts();
  #searchAt = 0;

  /** `keyOf` finds a key's state. Every slot of a restored lease counts as in use. */
  constructor(times: LeaseTimes, keyOf: (name: string) => KeyState | undefined, restored: readonly LedgerLease[] = []) {
    this.#times = times;
    this.#keyOf = keyOf;
    this.#leases = new Map(restored.map((lease) => [lease.id, lease]));
    for (const lease of restored) this.#counts.restore(lease);
  }

  /** Makes a lease and charges it to its key. */
  grant(grant: LeaseGrant, id: string, now: number): Lease {
    const { holder, purpose, key, model, lane, requests, slots, tokens, probe, tight, hold_ms } = grant;
    const { transit_ms } = this.#times;
    // Others wait for a probe's outcome, so its holder must send it soon.
    const life_ms = probe ? this.#times.life_ms : this.#lifeOf(key, tight, now);
    const lastUse = now + life_ms + transit_ms;
    const limitedRequests = probe ? 1 : key.requests.limit === Infinity ? null : requests;
    const limitedTokens = key.tokens.limit === Infinity ? null : tokens;
    const lease = {
      id,
      key: key.limits.name,
      model,
      lane,
      slots,
      life_ms,
      transit_ms,
      probe,
      scarce: tight || probe || concurrencyOf(key) < Infinity,
      requests: limitedRequests,
      tokens: limitedTokens,
    };
    const slot = slotOf(lastUse);
    const part = partOf(holder);
    if (limitedRequests !== null) key.requests.take(slot, limitedRequests, now, part);
    if (limitedTokens !== null) key.tokens.take(slot, tokens, now, part);
    key.in_flight += slots;
    const told = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0 };
    const use = { holder, purpose, granted_at: now, slot, hold_ms, hold_until: lastUse + hold_ms, leaving: 0, told };
    const kept: LedgerLease = { ...lease, ...use, part };
    this.#leases.set(id, kept);
    this.#counts.take(kept, slots);
    return lease;
  }

  /**
   * Takes a report. Returns its lease and what it gives back; undefined where the ledger does not
   * know the lease (any more).
   */
  apply(report: LeaseReport, now: number): { lease: LedgerLease; back: PermitAmounts } | undefined {
    const lease = this.#leases.get(report.lease);
    if (!lease) return undefined;
    const key = this.#keyOf(lease.key);
    const news = applyReport(report, lease);
    const usedBy = slotOf(now - report.used_ago_ms);
    const { slot, part } = lease;
    // A lease without a count was not charged, so there is nothing to take out again.
    const requests = lease.requests === null ? NOTHING : { used: news.ended, back: news.requests_back };
    const tokens = lease.tokens === null ? NOTHING : { used: news.reserved, back: news.tokens_back };
    if (key) {
      key.requests.settle(slot, requests.used, usedBy, news.ended, now, part);
      key.tokens.settle(slot, tokens.used, usedBy, news.spent, now, part);
      key.requests.giveBack(slot, requests.back, part);
      key.tokens.giveBack(slot, tokens.back, part);
    }
    this.#freeSlots(lease, news.slots_back);
    if (isClosed(lease)) this.#leases.delete(lease.id);
    const back = {
      slots: news.slots_back,
      requests: requests.used + requests.back - news.ended,
      tokens: tokens.used + tokens.back - news.spent,
    };
    return { lease, back };
  }

  /**
   * Extends a lease. Its unused and its new permits are charged to the last moment of their new
   * life.
   */
  renew(lease: LedgerLease, key: KeyState, more: Omit<Renewed, "lease" | "life_ms">, now: number): Renewed {
    const { leave, requests, tokens } = more;
    const life_ms = this.#lifeOf(key, true, now);
    const lastUse = now + life_ms + lease.transit_ms;
    const slot = slotOf(lastUse);
    if (lease.requests !== null) {
      const left = unusedRequests(lease);
      key.requests.giveBack(lease.slot, left, lease.part);
      key.requests.take(slot, left + requests, now, lease.part);
      lease.requests += requests;
    }
    if (lease.tokens !== null) {
      const left = unusedTokens(lease);
      key.tokens.giveBack(lease.slot, left, lease.part);
      key.tokens.take(slot, left + tokens, now, lease.part);
      lease.tokens += tokens;
    }
    this.#counts.markLeaving(lease, leave);
    Object.assign(lease, { life_ms, slot, hold_until: lastUse + lease.hold_ms });
    return { lease: lease.id, life_ms, leave, requests, tokens };
  }

  /** Notes that all slots of a lease are on their way back. */
  retire(lease: LedgerLease): void {
    this.#counts.markLeaving(lease, slotsOut(lease) - lease.leaving);
  }

  /**
   * Frees the slots of leases whose calls must have ended. The next life of the object finds that
   * out as well, so nothing has to be stored.
   */
  expire(now: number): void {
    if (now < this.#searchAt) return;
    this.#searchAt = now + EXPIRE_EVERY_MS;
    const over = [...this.#leases.values()].filter((lease) => lease.hold_until <= now);
    for (const lease of over) {
      this.#freeSlots(lease, slotsOut(lease));
      this.#leases.delete(lease.id);
    }
  }

  /** The leases of a part, for storage. */
  inPart(part: number): LedgerLease[] {
    return [...this.#leases.values()].filter((lease) => lease.part === part);
  }

  get(id: string): LedgerLease | undefined {
    return this.#leases.get(id);
  }

  /** The slots of all leases that are out, counted by lane, purpose, holder and kind. */
  get slots(): Pick<SlotCounts, "all" | "inLane" | "inPurpose" | "inHolder" | "inKind" | "leaving"> {
    return this.#counts;
  }

  /** The slots of a key that are out. */
  inKey(name: string): number {
    const own = [...this.#leases.values()].filter((lease) => lease.key === name);
    return own.reduce((sum, lease) => sum + slotsOut(lease), 0);
  }

  get size(): number {
    return this.#leases.size;
  }

  /**
   * Where only concurrency is short, leases live longer: they are renewed or given back before they
   * end.
   */
  #lifeOf(key: KeyState, tight: boolean, now: number): number {
    if (isOpen(key) && !tight) return this.#times.open_life_ms;
    const scarce = tight || concurrencyOf(key) < Infinity;
    return scarce && minuteUsed(key, now) < AMPLE ? this.#times.slot_life_ms : this.#times.life_ms;
  }

  #freeSlots(lease: LedgerLease, slots: number): void {
    this.#counts.free(lease, slots);
    const key = this.#keyOf(lease.key);
    if (key) key.in_flight = Math.max(0, key.in_flight - slots);
  }
}
