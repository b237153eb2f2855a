import { type Lane, LANES } from "../lane.ts";
import { probeReturned } from "./breaker.ts";
import { concurrencyOfAll, roomIn, servedPerMs } from "./capacity.ts";
import { type GateView, viewKey } from "./gate-view.ts";
import { breakerOf, createKeyPool, type KeyState, type StoredKey, toStored } from "./key-pool.ts";
import { charge, join, LANE_RULES, newLaneClock, nextLane, shed } from "./lanes.ts";
import { createLeaseLedger, type LeaseTimes, type LedgerLease } from "./lease-ledger.ts";
import { createLender, type LendingSettings } from "./lender.ts";
import { createLaneTargets } from "./scaling.ts";
import type { AcquireReply, AcquireRequest, KeyLimits, Lease, ParkedKey, Refusal, Told } from "./types.ts";
import { createWaitQueue, type Waiter } from "./wait-queue.ts";

/** What a gate knew when it was last stored. */
export interface StoredGate {
  keys: StoredKey[];
  leases: LedgerLease[];
}

/** What is to be stored: a lease that is null is to be forgotten. `parked` is to be reported. */
export interface GateChanges {
  parked: ParkedKey[];
  keys: StoredKey[];
  leases: [id: string, lease: LedgerLease | null][];
}

/**
 * The one authority over a tenant's calls to a provider. It is told of time and answers when it is asked to: whoever drives it takes the replies and the
 * changes after every call, stores the changes before it sends the replies, and calls `wake` when `nextWake` says so.
 */
export interface Gate {
  acquire(request: AcquireRequest, now: number): string;
  settle(told: Told, now: number): void;
  wake(now: number): void;
  takeReplies(): [ticket: string, reply: AcquireReply][];
  takeChanges(): GateChanges;
  /** Epoch ms; null while nobody waits. */
  nextWake(): number | null;
  view(keys: KeyLimits[], now: number): GateView;
}

/** Defaults: a lease lives 2 s (10 s where nothing is limited), and a call reaches the provider's counter within 3 s of its sending. */
export const LEASE_TIMES: LeaseTimes = { life_ms: 2_000, open_life_ms: 10_000, transit_ms: 3_000 };
/** Part of their patience after which waiting callers should be served, so that time is left for the call itself. */
const SERVE_WITHIN = 0.5;
/** A wish is answered at the latest after so many ms, so that the gate hears of those who came since. */
const LONGEST_WISH_MS = 5_000;
/** For a key to be fit again nobody waits longer than so many ms: another provider, or a stored answer, serves better. */
const LONGEST_HEALTH_WAIT_MS = 2_000;
/** Longest wait that is announced, in ms. */
const LONGEST_OUTLOOK_MS = 300_000;
/** Part of its waiting callers by which a lane must be too long before some are turned away. */
const SHED_STEP = 0.15;
/** A block should hold so many permits, where callers wait anyway; bounds of the time between two rounds of grants (ms). */
const BLOCK = 10;
const ROUND_MS = { least: 100, most: 1_000 };

/** A gate as it was stored, or a new one. */
export function createGate(settings: LendingSettings, stored: StoredGate = { keys: [], leases: [] }): Gate {
  const { strategy, concurrency } = settings;
  const pool = createKeyPool((name) => ledger.inKey(name), stored.keys);
  const ledger = createLeaseLedger(settings.times, (name) => pool.get(name), stored.leases);
  const queue = createWaitQueue();
  const clock = newLaneClock();
  const targets = createLaneTargets();
  let replies: [string, AcquireReply][] = [];
  let changed = { keys: new Set<string>(), leases: new Set<string>() };
  let tickets = 0;
  let latest = 0;
  let nextRound = 0;
  const lender = createLender({
    settings,
    pool,
    ledger,
    roomIn: (lane) => Math.min(targets.of(lane) - ledger.inLane(lane), concurrency - ledger.inAll()),
  });

  /** Time never runs backwards here: a clock that is set back must not make a limit's past look like its future. */
  function timeOf(now: number): number {
    return (latest = Math.max(latest, now));
  }

  function served(keys: readonly KeyState[], { request }: Waiter): number {
    return servedPerMs(keys, request.mean_tokens, concurrency);
  }

  function touch({ id, key }: Lease): void {
    changed.leases.add(id);
    changed.keys.add(key);
  }

  function take(told: Told, now: number): void {
    for (const report of told.reports) {
      const lease = ledger.apply(report, now);
      if (lease) touch(lease);
      const key = lease?.probe && report.requests_back > 0 ? pool.get(lease.key) : undefined;
      if (lease && key) key.breakers.set(lease.model, probeReturned(breakerOf(key, lease.model), now));
    }
    for (const outcome of told.outcomes) {
      const key = pool.learn(outcome, now);
      if (key) changed.keys.add(key.limits.name);
    }
  }

  function reply(waiter: Waiter, leases: Lease[], refusal: Refusal | null, now: number): void {
    const reply = { leases, refusal, held_ms: now - waiter.asked_at, wait_ms: outlook(waiter, now) };
    replies.push([waiter.ticket, reply]);
  }

  /** How long one who comes now would wait: until a key is fit, until it has room, and until those ahead have gone. */
  function outlook(waiter: Waiter, now: number): number {
    const { request } = waiter;
    const keys = pool.healthy(request.model, now);
    if (keys.length === 0) return Math.ceil(Math.min(pool.healthyIn(request.model, now), LONGEST_OUTLOOK_MS));
    const ahead = queue.depth(request.lane) / served(keys, waiter);
    return Math.ceil(Math.min(Math.max(roomIn(keys, request.first_tokens, now), ahead), LONGEST_OUTLOOK_MS));
  }

  function refuse(waiter: Waiter, reason: Refusal["reason"], callers: number, now: number): void {
    queue.remove(waiter);
    reply(waiter, [], { reason, callers }, now);
  }

  /** The part of what there is that a lane may take in one turn while others wait, too. */
  function shareOf(lane: Lane, lanes: readonly Lane[], waiter: Waiter, now: number): number {
    if (lanes.length === 1) return Infinity;
    const keys = pool.healthy(waiter.request.model, now);
    const room = keys.reduce((sum, key) => sum + key.requests.room(1, now), 0);
    const weights = lanes.reduce((sum, other) => sum + LANE_RULES[other].weight, 0);
    return Math.max(BLOCK, Math.floor((room * LANE_RULES[lane].weight) / weights));
  }

  /** Gives until nobody waits or nothing is left to give to anyone. */
  function giveOut(now: number, only: readonly Lane[]): void {
    lender.beginRound();
    const stuck = new Set<string>();
    const heads = byLane((lane) => (only.includes(lane) ? [...queue.of(lane)] : []).values());
    const nextIn = (lane: Lane) => heads[lane].find((waiter) => !stuck.has(kindOf(waiter)));
    const next = byLane(nextIn);
    for (;;) {
      const lanes = LANES.filter((lane) => next[lane] !== undefined);
      const waits = lanes.map((lane) => queue.wait(lane, now));
      const lane = nextLane(clock, waits);
      const waiter = lane && next[lane];
      if (!waiter) return;
      // Ahead of its callers a Worker gets permits only where that keeps nobody waiting, or where few calls are to go before many.
      const ahead = queue.size() === 1 || lane === "high";
      const most = Math.min(
        ahead ? waiter.request.requests : waiter.request.waiting,
        shareOf(lane, lanes, waiter, now),
      );
      const leases = lender.grant(waiter, most, now);
      for (const lease of leases) touch(lease);
      if (leases.length === 0) stuck.add(kindOf(waiter));
      next[lane] = nextIn(lane);
      if (leases.length === 0) continue;
      queue.remove(waiter);
      const amount = leases.reduce((sum, lease) => sum + (lease.requests ?? lease.slots), 0);
      charge(clock, waits.find((wait) => wait.lane === lane) ?? queue.wait(lane, now), amount);
      reply(waiter, leases, null, now);
    }
  }

  function scale(now: number): void {
    const ceiling = Math.min(concurrency, concurrencyOfAll(pool.all()));
    const loadOf = (lane: Lane) => {
      const { oldest_wait_ms } = queue.wait(lane, now);
      return { waiting: queue.depth(lane), oldest_wait_ms, in_flight: ledger.inLane(lane), ceiling };
    };
    targets.step(loadOf, now);
  }

  /** Turns away those who could not be served in time anyway, and those for whom no key will be fit in time. */
  function turnAway(now: number): void {
    const head = LANES.flatMap((lane) => queue.of(lane)[0] ?? [])[0];
    if (!head) return;
    const waiters = LANES.flatMap((lane) => queue.of(lane));
    const fitIn = new Map(
      [...new Set(waiters.map(({ request }) => request.model))].map((model) => [model, pool.healthyIn(model, now)]),
    );
    for (const waiter of waiters) {
      const unfitFor = fitIn.get(waiter.request.model) ?? 0;
      if (unfitFor === 0 || unfitFor <= Math.min(waiter.deadline - now, LONGEST_HEALTH_WAIT_MS)) continue;
      refuse(waiter, pool.isLimited(now) ? "limited" : "unavailable", waiter.request.waiting, now);
    }
    const keys = pool.all().filter((key) => key.parked_until <= now);
    const perMs = served(keys, head);
    if (perMs === Infinity || keys.length === 0) return;
    const depth = byLane((lane) => queue.depth(lane));
    const turned = shed(
      depth,
      byLane((lane) => queue.wait(lane, now).patience_ms * SERVE_WITHIN),
      perMs,
    );
    for (const lane of queue.lanes()) {
      // Turning one away at a time would cost a call to the gate for each.
      if (turned[lane] > BLOCK && turned[lane] > depth[lane] * SHED_STEP) shedFrom(lane, turned[lane], now);
    }
  }

  function shedFrom(lane: Lane, callers: number, now: number): void {
    let left = callers;
    for (const waiter of queue.of(lane).toReversed()) {
      if (left < 1) return;
      const some = Math.min(left, waiter.request.waiting);
      left -= some;
      refuse(waiter, "limited", some, now);
    }
  }

  function round(now: number): void {
    for (const lease of ledger.expire(now)) changed.leases.add(lease.id);
    scale(now);
    giveOut(now, LANES);
    turnAway(now);
    for (const waiter of queue.takeOverdue(now)) reply(waiter, [], null, now);
    const head = LANES.flatMap((lane) => queue.of(lane)[0] ?? [])[0];
    const perMs = head && lender.blockedBy() === "rate" ? served(pool.all(), head) : Infinity;
    nextRound = now + Math.min(ROUND_MS.most, Math.max(ROUND_MS.least, BLOCK / perMs));
  }

  return {
    acquire(request, at) {
      const now = timeOf(at);
      take(request, now);
      pool.configure(request.keys, now);
      const ticket = `t${(tickets += 1)}`;
      const waiter = {
        ticket,
        request,
        asked_at: now,
        since: now - request.waited_ms,
        deadline: now + request.patience_ms,
        answer_by: request.patience_ms > 0 ? now + Math.min(request.patience_ms, LONGEST_WISH_MS) : Infinity,
      };
      const alone = queue.size() === 0;
      // What nobody waits for yet is not for those to be kept from who do wait.
      if (request.waiting === 0 && queue.size() > 0) {
        refuse(waiter, "limited", 0, now);
        return ticket;
      }
      join(clock, request.lane, queue.lanes());
      queue.add(waiter);
      // While others wait, grants go out in rounds, so that blocks are worth a call.
      if (alone || now >= nextRound) round(now);
      else if (request.lane === "high" || request.patience_ms <= 0) giveOut(now, [request.lane]);
      if (request.patience_ms <= 0 && queue.of(request.lane).includes(waiter)) {
        refuse(waiter, "limited", request.waiting, now);
      }
      return ticket;
    },
    settle(told, at) {
      const now = timeOf(at);
      take(told, now);
      if (queue.size() > 0 && lender.blockedBy() !== "rate") round(now);
    },
    wake(at) {
      const now = timeOf(at);
      if (queue.size() > 0 && now >= nextRound) round(now);
    },
    takeReplies() {
      const taken = replies;
      replies = [];
      return taken;
    },
    takeChanges() {
      const keys = [...changed.keys].flatMap((name) => pool.get(name) ?? []);
      const leases = [...changed.leases].map((id): [string, LedgerLease | null] => [id, ledger.get(id) ?? null]);
      changed = { keys: new Set(), leases: new Set() };
      return { keys: keys.map(toStored), leases, parked: pool.takeParked() };
    },
    nextWake: () => (queue.size() > 0 ? nextRound : null),
    view(keys, at) {
      const now = timeOf(at);
      pool.configure(keys, now);
      const lanes = byLane((lane) => ({
        concurrency: targets.of(lane),
        in_flight: ledger.inLane(lane),
        waiting: queue.depth(lane),
        oldest_wait_ms: queue.wait(lane, now).oldest_wait_ms,
      }));
      const keysNow = pool.all().map((key) => viewKey(key, now));
      const inUse = { limit: concurrency, used: ledger.inAll() };
      return { strategy, concurrency: inUse, keys: keysNow, lanes, leases: ledger.count() };
    },
  };
}

function byLane<T>(of: (lane: Lane) => T): Record<Lane, T> {
  return { high: of("high"), standard: of("standard"), batch: of("batch") };
}

/** Waiters of one kind are stuck or served alike. */
function kindOf({ request }: Waiter): string {
  return `${request.lane}/${request.model}/${request.avoid.join()}`;
}
