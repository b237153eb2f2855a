import type { Lane } from "../../lane.ts";
import { concurrencyOf, type KeyState, isOpen, minuteUsed } from "./key-pool.ts";
import { slotOf } from "./rate-window.ts";
import type { Lease, LeaseReport, Purpose, Renewed } from "../protocol/messages.ts";

/**
 * A lease as the gate keeps it: the slot of the key's windows that it is charged to, how long a call may last and when the last must be over, how many of
 * its slots are to come back without being used again, and what was told of it.
 */
export interface LedgerLease extends Lease {
  holder: string;
  purpose: Purpose;
  granted_at: number;
  slot: number;
  hold_ms: number;
  hold_until: number;
  leaving: number;
  told: Omit<LeaseReport, "lease" | "used_ago_ms">;
}

/** What a grant is made of. */
export interface Grant {
  holder: string;
  purpose: Purpose;
  key: KeyState;
  model: string;
  lane: Lane;
  requests: number;
  slots: number;
  tokens: number;
  probe: boolean;
  /** Calls at a time are short: what is not used of them must come back soon. */
  tight: boolean;
  hold_ms: number;
}

/** Times that bound when a permit may be used, in ms. `transit` is how long a call may take from its sending until the provider counts it. */
export interface LeaseTimes {
  life_ms: number;
  /** Where at most calls at a time are short, and where nothing is limited. */
  slot_life_ms: number;
  open_life_ms: number;
  transit_ms: number;
}

/** Up to this part of them, minutes' limits are far. */
const AMPLE = 0.5;
/** Leases that are over are looked for so often, in ms. */
const EXPIRE_EVERY_MS = 1_000;

/**
 * The book of what was handed out. Permits are conserved: given out they are charged to the key's windows and its concurrency, and come back only as
 * unused, as settled, or when they can no longer be in use. Nothing of it depends on a holder's clock or on a report that may be lost.
 */
export interface LeaseLedger {
  grant(grant: Grant, id: string, now: number): Lease;
  /** Takes what a holder tells in. Gives the lease and whether a slot came back; undefined where it is not known (any more). */
  apply(report: LeaseReport, now: number): LedgerLease | undefined;
  /** Lets a lease live on: what is left of it is charged as late as it can now be used, and so is what is added. */
  renew(lease: LedgerLease, key: KeyState, more: Omit<Renewed, "lease" | "life_ms">, now: number): Renewed;
  /** Notes that all slots of a lease are on their way back. */
  retire(lease: LedgerLease): void;
  /** Takes back the concurrency of leases whose calls must be over. */
  expire(now: number): LedgerLease[];
  /** Calls at a time that are out under a key's leases. */
  inKey(name: string): number;
  get(id: string): LedgerLease | undefined;
  inLane(lane: Lane): number;
  inPurpose(purpose: Purpose): number;
  /** Slots that a holder has, without those that are on their way back, and how many of all are. */
  inHolder(holder: string): number;
  leaving(): number;
  count(): number;
}

/** A ledger; `keyOf` finds a key's state, and restored leases count as in use in full. */
export function createLeaseLedger(
  times: LeaseTimes,
  keyOf: (name: string) => KeyState | undefined,
  restored: readonly LedgerLease[] = [],
): LeaseLedger {
  const leases = new Map(restored.map((lease) => [lease.id, lease]));
  const lanes: Record<Lane, number> = { high: 0, standard: 0, batch: 0 };
  const purposes: Record<Purpose, number> = { execution: 0, test: 0 };
  let lookAt = 0;
  let leaving = 0;
  const holders = new Map<string, number>();
  for (const lease of restored) {
    lanes[lease.lane] += slotsOut(lease);
    purposes[lease.purpose] += slotsOut(lease);
    leaving += lease.leaving;
    moveHolder(lease.holder, slotsOut(lease) - lease.leaving);
  }

  /** Where calls at a time are what is short, and minutes' limits are far, leases live longer: they are renewed or given back before they end. */
  function lifeOf(key: KeyState, tight: boolean, now: number): number {
    if (isOpen(key) && !tight) return times.open_life_ms;
    const scarce = tight || concurrencyOf(key) < Infinity;
    return scarce && minuteUsed(key, now) < AMPLE ? times.slot_life_ms : times.life_ms;
  }

  function moveHolder(holder: string, slots: number): void {
    const next = (holders.get(holder) ?? 0) + slots;
    if (next > 0) holders.set(holder, next);
    else holders.delete(holder);
  }

  function sendBack(lease: LedgerLease, slots: number): void {
    lease.leaving += slots;
    leaving += slots;
    moveHolder(lease.holder, -slots);
  }

  function freeSlots(lease: LedgerLease, slots: number): void {
    lanes[lease.lane] -= slots;
    purposes[lease.purpose] -= slots;
    const left = Math.min(slots, lease.leaving);
    lease.leaving -= left;
    leaving -= left;
    moveHolder(lease.holder, left - slots);
    const key = keyOf(lease.key);
    if (key) key.in_flight = Math.max(0, key.in_flight - slots);
  }

  return {
    grant({ holder, purpose, key, model, lane, requests, slots, tokens, probe, tight, hold_ms }, id, now) {
      // A probe is waited for; who does not send it soon is to leave it to others.
      const life_ms = probe ? times.life_ms : lifeOf(key, tight, now);
      const lastUse = now + life_ms + times.transit_ms;
      const limitedRequests = probe ? 1 : key.requests.limit() === Infinity ? null : requests;
      const limitedTokens = key.tokens.limit() === Infinity ? null : tokens;
      const lease = {
        id,
        key: key.limits.name,
        model,
        lane,
        slots,
        life_ms,
        transit_ms: times.transit_ms,
        probe,
        scarce: tight || probe || concurrencyOf(key) < Infinity,
        requests: limitedRequests,
        tokens: limitedTokens,
      };
      const slot = slotOf(lastUse);
      if (limitedRequests !== null) key.requests.take(slot, limitedRequests, now);
      if (limitedTokens !== null) key.tokens.take(slot, tokens, now);
      key.in_flight += slots;
      lanes[lane] += slots;
      purposes[purpose] += slots;
      moveHolder(holder, slots);
      const told = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0 };
      leases.set(id, {
        ...lease,
        holder,
        purpose,
        granted_at: now,
        slot,
        hold_ms,
        hold_until: lastUse + hold_ms,
        leaving: 0,
        told,
      });
      return lease;
    },
    apply(report, now) {
      const lease = leases.get(report.lease);
      if (!lease) return undefined;
      const key = keyOf(lease.key);
      const news = newsIn(report, lease);
      const usedBy = slotOf(now - report.used_ago_ms);
      if (key) {
        // Of a lease without a count nothing was charged before, so nothing may be taken out again.
        key.requests.settle(lease.slot, lease.requests === null ? 0 : news.ended, usedBy, news.ended, now);
        key.tokens.settle(lease.slot, lease.tokens === null ? 0 : news.reserved, usedBy, news.spent, now);
        if (lease.requests !== null) key.requests.giveBack(lease.slot, news.requests_back);
        if (lease.tokens !== null) key.tokens.giveBack(lease.slot, news.tokens_back);
      }
      freeSlots(lease, news.slots_back);
      if (isClosed(lease)) leases.delete(lease.id);
      return lease;
    },
    renew(lease, key, { leave, requests, tokens }, now) {
      const { told, transit_ms } = lease;
      const life_ms = lifeOf(key, true, now);
      const lastUse = now + life_ms + transit_ms;
      const slot = slotOf(lastUse);
      if (lease.requests !== null) {
        const left = lease.requests - told.ended - told.requests_back;
        key.requests.giveBack(lease.slot, left);
        key.requests.take(slot, left + requests, now);
        lease.requests += requests;
      }
      if (lease.tokens !== null) {
        const left = lease.tokens - told.reserved - told.tokens_back;
        key.tokens.giveBack(lease.slot, left);
        key.tokens.take(slot, left + tokens, now);
        lease.tokens += tokens;
      }
      sendBack(lease, leave);
      Object.assign(lease, { life_ms, slot, hold_until: lastUse + lease.hold_ms });
      return { lease: lease.id, life_ms, leave, requests, tokens };
    },
    retire: (lease) => sendBack(lease, slotsOut(lease) - lease.leaving),
    expire(now) {
      if (now < lookAt) return [];
      lookAt = now + EXPIRE_EVERY_MS;
      const over = [...leases.values()].filter((lease) => lease.hold_until <= now);
      for (const lease of over) {
        freeSlots(lease, slotsOut(lease));
        leases.delete(lease.id);
      }
      return over;
    },
    get: (id) => leases.get(id),
    inLane: (lane) => lanes[lane],
    inPurpose: (purpose) => purposes[purpose],
    inHolder: (holder) => holders.get(holder) ?? 0,
    leaving: () => leaving,
    count: () => leases.size,
    inKey(name) {
      const own = [...leases.values()].filter((lease) => lease.key === name);
      return own.reduce((sum, lease) => sum + slotsOut(lease), 0);
    },
  };
}

/** Slots of a lease that are not back yet. */
export function slotsOut(lease: LedgerLease): number {
  return lease.slots - lease.told.slots_back;
}

/** Whether all of a lease is accounted for, so that nothing more can be told of it. */
export function isClosed({ told, slots, requests }: LedgerLease): boolean {
  return told.slots_back >= slots && (requests === null || told.ended + told.requests_back >= requests);
}

/** What a report says beyond what was told before, within what the lease has; notes it as told. */
function newsIn(report: LeaseReport, lease: LedgerLease): LedgerLease["told"] {
  const { told } = lease;
  const requests = lease.requests ?? Infinity;
  const news = {
    ended: within(report.ended - told.ended, requests - told.ended - told.requests_back),
    reserved: within(report.reserved - told.reserved, (lease.tokens ?? Infinity) - told.reserved - told.tokens_back),
    spent: Math.max(0, report.spent - told.spent),
    requests_back: 0,
    tokens_back: 0,
    slots_back: within(report.slots_back - told.slots_back, slotsOut(lease)),
  };
  told.ended += news.ended;
  news.requests_back = within(report.requests_back - told.requests_back, requests - told.ended - told.requests_back);
  told.requests_back += news.requests_back;
  told.reserved += news.reserved;
  const tokens = (lease.tokens ?? 0) - told.reserved - told.tokens_back;
  news.tokens_back = within(report.tokens_back - told.tokens_back, tokens);
  told.spent += news.spent;
  told.tokens_back += news.tokens_back;
  told.slots_back += news.slots_back;
  return news;
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}
