import { byLane, type Lane, LANES } from "../../lane.ts";
import { LANE_RULES, type LaneClock, weightOf } from "../lanes.ts";
import type { KeyPool } from "./key-pool.ts";
import type { LeaseAllocator } from "./lease-allocator.ts";
import type { LeaseLedger } from "./lease-ledger.ts";
import type { PendingRequest, PendingRequests } from "./pending-requests.ts";
import { type Lease, PURPOSES } from "../protocol/messages.ts";

/** Permits that a lease should hold where callers wait anyway, so that it is worth its message. */
export const BLOCK = 10;

/** What {@link serveRequests} hands out, to whom, and in which order. */
export interface ServeDeps {
  pending: PendingRequests;
  pool: KeyPool;
  allocator: LeaseAllocator;
  ledger: LeaseLedger;
  clock: LaneClock;
}

/**
 * Grants leases to pending requests of the given lanes, in weighted fair order, until none is left
 * or nothing can be given. A request that gets a lease is no longer pending.
 */
export function serveRequests(deps: ServeDeps, only: readonly Lane[], now: number): [PendingRequest, Lease[]][] {
  const { pending, allocator, clock } = deps;
  const served: [PendingRequest, Lease[]][] = [];
  const order = allocator.blockedBy === "slots" ? neediestFirst(deps.ledger) : inOrder;
  allocator.beginRound();
  const stuck = new Set<string>();
  const heads = byLane((lane) => (only.includes(lane) ? order(pending.of(lane)) : []).values());
  const nextIn = (lane: Lane) => heads[lane].find((each) => !stuck.has(kindOf(each)));
  const next = byLane(nextIn);
  for (;;) {
    const lanes = LANES.filter((lane) => next[lane] !== undefined);
    const waits = lanes.map((lane) => pending.wait(lane, now));
    const lane = clock.next(waits);
    const chosen = lane && next[lane];
    if (!chosen) return served;
    const calls = Math.min(callsFor(pending, chosen), shareOf(deps.pool, lane, lanes, chosen, now));
    const leases = allocator.allocate(chosen.request, calls, now);
    if (leases.length === 0) stuck.add(kindOf(chosen));
    next[lane] = nextIn(lane);
    if (leases.length === 0) continue;
    pending.remove(chosen);
    const amount = leases.reduce((sum, lease) => sum + (lease.requests ?? lease.slots), 0);
    clock.charge(waits.find((wait) => wait.lane === lane) ?? pending.wait(lane, now), amount);
    served.push([chosen, leases]);
  }
}

/**
 * The lanes where a request waits that has slots left. One without gets nothing in a round, either.
 */
export function lanesWithSlots({ pending, allocator }: Pick<ServeDeps, "pending" | "allocator">): Lane[] {
  return pending.lanes().filter((lane) => {
    const open = PURPOSES.filter((purpose) => allocator.slotsLeft({ lane, purpose }) >= 1);
    const isOpen = ({ request }: PendingRequest) => open.includes(request.purpose);
    return open.length === PURPOSES.length || (open.length > 0 && pending.of(lane).some(isOpen));
  });
}

/**
 * The calls that a request may get. Permits ahead of its callers go to a Worker only where no
 * other request waits, or in the high lane, where few calls go before many.
 */
function callsFor(pending: PendingRequests, { request }: PendingRequest): number {
  const ahead = pending.size === 1 || request.lane === "high";
  return ahead ? request.requests : request.waiting;
}

function inOrder(pending: readonly PendingRequest[]): PendingRequest[] {
  return [...pending];
}

/**
 * Where concurrency is short, the holder with the fewest slots for its callers goes first, and of
 * its requests the one whose callers have the fewest. So all callers wait about equally long,
 * whichever Worker they came to and whatever they call.
 */
function neediestFirst(ledger: LeaseLedger): (pending: readonly PendingRequest[]) => PendingRequest[] {
  return (pending) => {
    const waitingAt = new Map<string, { callers: number; requests: number }>();
    for (const { request } of pending) {
      const { callers, requests } = waitingAt.get(request.holder) ?? { callers: 0, requests: 0 };
      waitingAt.set(request.holder, { callers: callers + request.waiting, requests: requests + 1 });
    }
    const sharesOf = ({ request }: PendingRequest) => {
      const { callers = 0, requests = 0 } = waitingAt.get(request.holder) ?? {};
      const share = ledger.slots.inHolder(request.holder) / Math.max(1, callers);
      return { share, own: requests < 2 ? share : ledger.slots.inKind(request) / Math.max(1, request.waiting) };
    };
    return pending
      .map((each) => ({ each, ...sharesOf(each) }))
      .toSorted((a, b) => a.share - b.share || a.own - b.own)
      .map(({ each }) => each);
  };
}

/** The calls that a lane may get in one turn while other lanes wait, too. */
function shareOf(pool: KeyPool, lane: Lane, lanes: readonly Lane[], { request }: PendingRequest, now: number): number {
  if (lanes.length === 1) return Infinity;
  const keys = pool.healthy(request.model, now);
  const room = keys.reduce((sum, key) => sum + key.requests.room(1, now), 0);
  return Math.max(BLOCK, Math.floor((room * LANE_RULES[lane].weight) / weightOf(lanes)));
}

/** Requests of one kind can either all be served now or none of them. */
function kindOf({ request }: PendingRequest): string {
  return `${request.lane}/${request.model}/${request.avoid.join()}`;
}
