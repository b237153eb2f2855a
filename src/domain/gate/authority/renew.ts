import { LANES } from "../../lane.ts";
import { concurrencyOf, type KeyPool, type KeyState } from "./key-pool.ts";
import { type LeaseLedger, type LedgerLease, slotsOut } from "./lease-ledger.ts";
import type { Purpose, Renewal, Renewed, Settlement } from "../protocol/messages.ts";
import type { WaitQueue } from "./wait-queue.ts";

/** Holders are even where each serves the same part of its callers at a time; one that serves less than this part of what another does gets slots of it. */
const EVEN = 0.75;

/** What decides on renewals. `short` says that rates, not calls at a time, are what is short. */
export interface RenewDeps {
  queue: WaitQueue;
  pool: KeyPool;
  ledger: LeaseLedger;
  concurrency: Readonly<Record<Purpose, number>>;
  short: () => boolean;
}

/**
 * Lets a holder's leases live on, so that a Worker whose callers keep its slots busy asks for them once in a lease's life and not once a call. Slots go to
 * others where these have fewer for the callers they have, and wherever there are more out than the keys now bear.
 */
export function renewAll(deps: RenewDeps, settlement: Settlement, now: number): Renewed[] {
  if (settlement.renewals.length === 0) return [];
  let owed = owedBy(deps, settlement);
  return settlement.renewals.flatMap((wish) => {
    const lease = deps.ledger.get(wish.lease);
    const key = lease && deps.pool.get(lease.key);
    if (!key || lease.probe || !deps.pool.healthy(lease.model, now).includes(key)) return [];
    const out = slotsOut(lease) - lease.leaving;
    const leave = Math.min(out, Math.max(owed, surplusOf(deps, lease, key)));
    const more = permitsFor(deps, lease, key, wish, now);
    if (!more) return [];
    owed -= leave;
    if (leave < out) return [deps.ledger.renew(lease, key, { leave, ...more }, now)];
    deps.ledger.retire(lease);
    return [];
  });
}

/** Calls at a time that are out beyond what is allowed now, and not on their way back. */
function surplusOf({ ledger, concurrency }: RenewDeps, { purpose }: LedgerLease, key: KeyState): number {
  const ofAll = ledger.inPurpose(purpose) - concurrency[purpose];
  return Math.max(0, Math.max(key.in_flight - concurrencyOf(key), ofAll) - ledger.leaving());
}

/** Slots of a holder that should be others', beyond those that are on their way to them. */
function owedBy({ queue, ledger }: RenewDeps, { holder, waiting }: Settlement): number {
  const waitingAt = new Map<string, number>();
  for (const { request } of LANES.flatMap((lane) => queue.of(lane))) {
    if (request.holder !== holder)
      waitingAt.set(request.holder, (waitingAt.get(request.holder) ?? 0) + request.waiting);
  }
  const own = ledger.inHolder(holder);
  let owed = 0;
  for (const [other, callers] of waitingAt) {
    const theirs = ledger.inHolder(other);
    const all = own + waiting + theirs + callers;
    // What the other would have if the two shared what they have by the number of their callers.
    const even = ((own + theirs) * (theirs + callers)) / Math.max(1, all);
    if (theirs < even * EVEN) owed += Math.min(callers, Math.ceil((even - theirs) / 2));
  }
  return Math.max(0, Math.min(Math.floor(own / 2), owed - ledger.leaving()));
}

/** Further requests and tokens for a lease that counts them; null where they are what is short. */
function permitsFor({ short }: RenewDeps, lease: LedgerLease, key: KeyState, wish: Renewal, now: number) {
  const none = { requests: 0, tokens: 0 };
  if (lease.requests === null && lease.tokens === null) return none;
  if (short()) return null;
  const mean = wish.tokens / Math.max(1, wish.requests);
  const byTokens = lease.tokens === null ? Infinity : Math.floor(key.tokens.room(mean, now) / Math.max(1, mean));
  const byRequests = lease.requests === null ? Infinity : Math.floor(key.requests.room(1, now));
  const requests = Math.min(wish.requests, byTokens, byRequests);
  if (requests < 1) return wish.requests < 1 ? none : null;
  return { requests, tokens: Math.ceil(requests * mean) };
}
