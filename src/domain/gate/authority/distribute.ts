import { byLane, type Lane, LANES } from "../../lane.ts";
import type { KeyPool } from "./key-pool.ts";
import { charge, LANE_RULES, type LaneClock, nextLane } from "../lanes.ts";
import type { LeaseLedger } from "./lease-ledger.ts";
import type { Lender } from "./lender.ts";
import type { Lease } from "../protocol/messages.ts";
import type { Waiter, WaitQueue } from "./wait-queue.ts";

/** A block should hold so many permits, where callers wait anyway. */
export const BLOCK = 10;

/** What is handed out, to whom, and in which order. */
export interface Distribution {
  queue: WaitQueue;
  pool: KeyPool;
  lender: Lender;
  ledger: LeaseLedger;
  clock: LaneClock;
}

/** Gives until nobody waits in the lanes of `only`, or nothing is left to give to anyone; whoever was given something waits no more. */
export function distribute(deps: Distribution, only: readonly Lane[], now: number): [Waiter, Lease[]][] {
  const { queue, lender, clock } = deps;
  const given: [Waiter, Lease[]][] = [];
  const order = lender.blockedBy() === "slots" ? neediestFirst(deps) : inOrder;
  lender.beginRound();
  const stuck = new Set<string>();
  const heads = byLane((lane) => (only.includes(lane) ? order(queue.of(lane)) : []).values());
  const nextIn = (lane: Lane) => heads[lane].find((waiter) => !stuck.has(kindOf(waiter)));
  const next = byLane(nextIn);
  for (;;) {
    const lanes = LANES.filter((lane) => next[lane] !== undefined);
    const waits = lanes.map((lane) => queue.wait(lane, now));
    const lane = nextLane(clock, waits);
    const waiter = lane && next[lane];
    if (!waiter) return given;
    // Ahead of its callers a Worker gets permits only where that keeps nobody waiting, or where few calls are to go before many.
    const ahead = queue.size() === 1 || lane === "high";
    const wanted = ahead ? waiter.request.requests : waiter.request.waiting;
    const leases = lender.grant(waiter, Math.min(wanted, shareOf(deps, lane, lanes, waiter, now)), now);
    if (leases.length === 0) stuck.add(kindOf(waiter));
    next[lane] = nextIn(lane);
    if (leases.length === 0) continue;
    queue.remove(waiter);
    const amount = leases.reduce((sum, lease) => sum + (lease.requests ?? lease.slots), 0);
    charge(clock, waits.find((wait) => wait.lane === lane) ?? queue.wait(lane, now), amount);
    given.push([waiter, leases]);
  }
}

function inOrder(waiters: readonly Waiter[]): Waiter[] {
  return [...waiters];
}

/** Where calls at a time are short, those go first who have the fewest for their callers: all callers then wait about as long, wherever they came in. */
function neediestFirst({ ledger }: Distribution): (waiters: readonly Waiter[]) => Waiter[] {
  const share = ({ request }: Waiter) => ledger.inHolder(request.holder) / Math.max(1, request.waiting);
  return (waiters) =>
    waiters
      .map((waiter) => ({ waiter, share: share(waiter) }))
      .toSorted((a, b) => a.share - b.share)
      .map(({ waiter }) => waiter);
}

/** The part of what there is that a lane may take in one turn while others wait, too. */
function shareOf({ pool }: Distribution, lane: Lane, lanes: readonly Lane[], waiter: Waiter, now: number): number {
  if (lanes.length === 1) return Infinity;
  const keys = pool.healthy(waiter.request.model, now);
  const room = keys.reduce((sum, key) => sum + key.requests.room(1, now), 0);
  const weights = lanes.reduce((sum, other) => sum + LANE_RULES[other].weight, 0);
  return Math.max(BLOCK, Math.floor((room * LANE_RULES[lane].weight) / weights));
}

/** Waiters of one kind are stuck or served alike. */
function kindOf({ request }: Waiter): string {
  return `${request.lane}/${request.model}/${request.avoid.join()}`;
}
