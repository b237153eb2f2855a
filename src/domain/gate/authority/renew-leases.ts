import type { LaneClock } from "../lanes.ts";
import type { KeyPool } from "./key-pool.ts";
import { concurrencyOf, type KeyState } from "./key-state.ts";
import type { LeaseLedger } from "./lease-ledger.ts";
import { type LedgerLease, slotsOut } from "./ledger-lease.ts";
import type { PendingRequests } from "./pending-requests.ts";
import { isFor } from "../protocol/call-kind.ts";
import type { Purpose, Renewal, Renewed, Settlement } from "../protocol/messages.ts";

/**
 * A holder with less than this part of its even share of slots gets some from the holder that
 * renews.
 */
const EVEN = 0.75;

/**
 * What decides on renewals. `ratesAreShort` says that callers wait for rates and not for
 * concurrency.
 */
export interface RenewDeps {
  pending: PendingRequests;
  pool: KeyPool;
  ledger: LeaseLedger;
  clock: LaneClock;
  concurrency: Readonly<Record<Purpose, number>>;
  ratesAreShort: () => boolean;
}

/**
 * Extends a holder's leases, so that a Worker whose callers keep its slots busy sends one message
 * in a lease's life and not one for each call. Slots leave the holder where other holders have
 * fewer for their callers, where more slots are out than the keys now bear, and where callers of
 * the holder wait that its leases are not for.
 */
export function renewLeases(deps: RenewDeps, settlement: Settlement, now: number): Renewed[] {
  if (settlement.renewals.length === 0) return [];
  const { ledger, pool, clock } = deps;
  let owed = slotsOwedToOthers(deps, settlement);
  return settlement.renewals.flatMap((renewal) => {
    const lease = ledger.get(renewal.lease);
    const key = lease && pool.get(lease.key);
    if (!key || lease.probe || !pool.healthy(lease.model, now).includes(key)) return [];
    const out = slotsOut(lease) - lease.leaving;
    const others = Math.max(owed, surplusSlots(deps, lease, key));
    const leave = Math.min(out, Math.max(others, slotsOwedToItself(deps, lease)));
    const more = furtherPermits(deps, lease, key, renewal, now);
    if (!more) return [];
    owed -= leave;
    // What a lane gives up for its own callers it shall get again.
    if (leave > others) clock.refund(lease.lane, leave - others);
    if (leave < out) return [ledger.renew(lease, key, { leave, ...more }, now)];
    ledger.retire(lease);
    return [];
  });
}

/** Slots that are out beyond what is allowed now and that are not on their way back. */
function surplusSlots({ ledger, concurrency }: RenewDeps, { purpose }: LedgerLease, key: KeyState): number {
  const beyondPurpose = ledger.slots.inPurpose(purpose) - concurrency[purpose];
  const beyondKey = key.in_flight - concurrencyOf(key);
  return Math.max(0, Math.max(beyondKey, beyondPurpose) - ledger.slots.leaving());
}

/** Slots of a holder that other holders should have, beyond those on their way to them. */
function slotsOwedToOthers({ pending, ledger }: RenewDeps, { holder, waiting }: Settlement): number {
  const waitingAt = new Map<string, number>();
  for (const { request } of pending.all()) {
    if (request.holder === holder) continue;
    waitingAt.set(request.holder, (waitingAt.get(request.holder) ?? 0) + request.waiting);
  }
  const own = ledger.slots.inHolder(holder);
  let owed = 0;
  for (const [other, callers] of waitingAt) {
    const theirs = ledger.slots.inHolder(other);
    const all = own + waiting + theirs + callers;
    // The other holder's slots if the two shared theirs in proportion to their callers.
    const even = ((own + theirs) * (theirs + callers)) / Math.max(1, all);
    if (theirs < even * EVEN) owed += Math.min(callers, Math.ceil((even - theirs) / 2));
  }
  return Math.max(0, Math.min(Math.floor(own / 2), owed - ledger.slots.leaving()));
}

/**
 * Slots of a lease that its own holder should have for callers that came earlier and whom the lease
 * is not for: they call another model, or may last longer. Those of the high lane need not have
 * come earlier. Between other lanes, their weights decide.
 */
function slotsOwedToItself({ pending, ledger }: RenewDeps, lease: LedgerLease): number {
  const waiting = [...new Set([...pending.of("high"), ...pending.of(lease.lane)])].filter(
    ({ request }) => request.holder === lease.holder,
  );
  const ofLease = waiting.filter(({ request }) => isFor(lease, request));
  const since = Math.min(Infinity, ...ofLease.map((each) => each.since));
  const callers = waiting.reduce((sum, { request }) => sum + request.waiting, 0);
  const own = ledger.slots.inKind(lease);
  let owed = 0;
  for (const each of waiting) {
    const { request } = each;
    if (ofLease.includes(each) || (request.lane === lease.lane && each.since >= since)) continue;
    const theirs = ledger.slots.inKind(request);
    const even = ((own + theirs) * (theirs + request.waiting)) / Math.max(1, own + theirs + callers);
    if (theirs < even * EVEN) owed += Math.min(request.waiting, Math.ceil((even - theirs) / 2));
  }
  return Math.max(0, owed - ledger.slots.leaving());
}

/** Further requests and tokens for a lease that counts them; null where they are what is short. */
function furtherPermits(
  { ratesAreShort }: RenewDeps,
  lease: LedgerLease,
  key: KeyState,
  renewal: Renewal,
  now: number,
): Pick<Renewed, "requests" | "tokens"> | null {
  const none = { requests: 0, tokens: 0 };
  if (lease.requests === null && lease.tokens === null) return none;
  if (ratesAreShort()) return null;
  const mean = renewal.tokens / Math.max(1, renewal.requests);
  const byTokens = lease.tokens === null ? Infinity : Math.floor(key.tokens.room(mean, now) / Math.max(1, mean));
  const byRequests = lease.requests === null ? Infinity : Math.floor(key.requests.room(1, now));
  const requests = Math.min(renewal.requests, byTokens, byRequests);
  if (requests < 1) return renewal.requests < 1 ? none : null;
  return { requests, tokens: Math.ceil(requests * mean) };
}
