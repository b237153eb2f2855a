import { byLane, type Lane, LANES } from "../../lane.ts";
import { probeOver } from "./breaker.ts";
import { concurrencyOfAll, roomIn, servedPerMs } from "./capacity.ts";
import { type GateView, viewKey } from "./gate-view.ts";
import { breakerOf, createKeyPool, type KeyState, type StoredKey, toStored } from "./key-pool.ts";
import { BLOCK, distribute } from "./distribute.ts";
import { join, newLaneClock } from "../lanes.ts";
import { createLeaseLedger, type LeaseTimes, type LedgerLease } from "./lease-ledger.ts";
import { createLender, type LendingSettings } from "./lender.ts";
import { renewAll } from "./renew.ts";
import { createLaneTargets } from "./scaling.ts";
import { tooMany, withoutKey } from "./load-shedding.ts";
import {
  type AcquireReply,
  type AcquireRequest,
  type DueCheck,
  type KeyLimits,
  type Lease,
  type ParkedKey,
  type Purpose,
  PURPOSES,
  type Refusal,
  type Renewed,
  type Settlement,
  type Told,
} from "../protocol/messages.ts";
import { createWaitQueue, type Waiter } from "./wait-queue.ts";

/** What a gate knew when it was last stored. */
export interface StoredGate {
  keys: StoredKey[];
  leases: LedgerLease[];
}

/** What is to be stored: a lease that is null is to be forgotten. `parked` is to be reported, `checks` are to be made and told as outcomes. */
export interface GateChanges {
  parked: ParkedKey[];
  checks: DueCheck[];
  keys: StoredKey[];
  leases: [id: string, lease: LedgerLease | null][];
}

/**
 * The one authority over a tenant's calls to a provider. It is told of time and answers when it is asked to: whoever drives it takes the replies and the
 * changes after every call, stores the changes before it sends the replies, and calls `wake` when `nextWake` says so.
 */
export interface Gate {
  acquire(request: AcquireRequest, now: number): string;
  /** Takes news in, and says which leases live on. */
  settle(settlement: Settlement, now: number): Renewed[];
  wake(now: number): void;
  takeReplies(): [ticket: string, reply: AcquireReply][];
  takeChanges(): GateChanges;
  /** Epoch ms; null while nobody waits. */
  nextWake(): number | null;
  view(keys: KeyLimits[], now: number): GateView;
}

/** A lease lives `lifeMs`, twice that where only calls at a time are short, and five times where nothing is limited; a call reaches the provider's counter within 3 s of its sending. */
export function leaseTimes(lifeMs: number): LeaseTimes {
  return { life_ms: lifeMs, slot_life_ms: 2 * lifeMs, open_life_ms: 5 * lifeMs, transit_ms: 3_000 };
}
/** A wish is answered at the latest after so many ms, so that the gate hears of those who came since. */
const LONGEST_WISH_MS = 10_000;
/** Longest wait that is announced, in ms. */
const LONGEST_OUTLOOK_MS = 300_000;
/** Bounds of the time between two rounds of grants, in ms. */
const ROUND_MS = { least: 100, most: 1_000 };

/** A gate as it was stored, or a new one. */
export function createGate(settings: LendingSettings, stored: StoredGate = { keys: [], leases: [] }): Gate {
  const { strategy, concurrency } = settings;
  const sumOf = (of: (purpose: Purpose) => number) => PURPOSES.reduce((sum, purpose) => sum + of(purpose), 0);
  const inAll = () => sumOf((purpose) => ledger.inPurpose(purpose));
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
    roomIn: ({ lane, purpose }) =>
      Math.min(targets.of(lane) - ledger.inLane(lane), concurrency[purpose] - ledger.inPurpose(purpose)),
  });

  /** Time never runs backwards here: a clock that is set back must not make a limit's past look like its future. */
  function timeOf(now: number): number {
    return (latest = Math.max(latest, now));
  }

  function served(keys: readonly KeyState[], { request }: Waiter): number {
    return servedPerMs(keys, request.mean_tokens, concurrency[request.purpose]);
  }

  function touch(lease: Lease | undefined): void {
    if (!lease) return;
    changed.leases.add(lease.id);
    changed.keys.add(lease.key);
  }

  function take(told: Told, now: number): void {
    for (const report of told.reports) {
      const lease = ledger.apply(report, now);
      touch(lease);
      const key = lease?.probe && report.requests_back + report.ended > 0 ? pool.get(lease.key) : undefined;
      if (lease && key) key.breakers.set(lease.model, probeOver(breakerOf(key, lease.model)));
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

  function refuse(waiter: Waiter, refusal: Refusal, now: number): void {
    queue.remove(waiter);
    reply(waiter, [], refusal, now);
  }

  function scale(now: number): void {
    const ceiling = Math.min(
      sumOf((purpose) => concurrency[purpose]),
      concurrencyOfAll(pool.all()),
    );
    const loadOf = (lane: Lane) => {
      const { oldest_wait_ms } = queue.wait(lane, now);
      return { waiting: queue.depth(lane), oldest_wait_ms, in_flight: ledger.inLane(lane), ceiling };
    };
    targets.step(loadOf, now);
  }

  function giveOut(now: number, only: readonly Lane[]): void {
    for (const [waiter, leases] of distribute({ queue, pool, lender, ledger, clock }, only, now)) {
      for (const lease of leases) touch(lease);
      reply(waiter, leases, null, now);
    }
  }

  function turnAway(now: number): void {
    const crowd = { queue, pool, concurrency };
    for (const [waiter, refusal] of withoutKey(crowd, now)) refuse(waiter, refusal, now);
    for (const [waiter, refusal] of tooMany(crowd, now)) refuse(waiter, refusal, now);
  }

  function expire(now: number): void {
    for (const lease of ledger.expire(now)) changed.leases.add(lease.id);
  }

  function round(now: number): void {
    expire(now);
    scale(now);
    giveOut(now, LANES);
    turnAway(now);
    for (const waiter of queue.takeOverdue(now)) reply(waiter, [], null, now);
    const head = LANES.flatMap((lane) => queue.of(lane)[0] ?? [])[0];
    const perMs = head && lender.blockedBy() === "rate" ? served(pool.all(), head) : Infinity;
    // Each wish should be worth its call; where few callers wait, none of them waits for that.
    const wanted = Math.min(BLOCK * queue.size(), LANES.reduce((sum, lane) => sum + queue.depth(lane), 0) / 2);
    nextRound = now + Math.min(ROUND_MS.most, Math.max(ROUND_MS.least, wanted / perMs));
  }

  return {
    acquire(request, at) {
      const now = timeOf(at);
      take(request, now);
      pool.configure(request.keys, now);
      pool.asked(request.model, now);
      const ticket = `t${(tickets += 1)}`;
      const waiter = {
        ticket,
        request,
        asked_at: now,
        since: now - request.waited_ms,
        deadline: now + request.patience_ms,
        answer_by: request.patience_ms > 0 ? now + Math.min(request.stay_ms, LONGEST_WISH_MS) : Infinity,
      };
      const alone = queue.size() === 0;
      // What nobody waits for yet is not for those to be kept from who do wait.
      if (request.waiting === 0 && queue.size() > 0) {
        refuse(waiter, { reason: "limited", callers: 0 }, now);
        return ticket;
      }
      join(clock, request.lane, queue.lanes());
      queue.add(waiter);
      // While others wait, grants go out in rounds, so that blocks are worth a call.
      if (alone || now >= nextRound) round(now);
      else if (request.lane === "high" || request.patience_ms <= 0) giveOut(now, [request.lane]);
      if (request.patience_ms <= 0 && queue.of(request.lane).includes(waiter)) {
        refuse(waiter, { reason: "limited", callers: request.waiting }, now);
      }
      return ticket;
    },
    settle(settlement, at) {
      const now = timeOf(at);
      pool.configure(settlement.keys, now);
      const out = inAll();
      take(settlement, now);
      const short = () => queue.size() > 0 && lender.blockedBy() === "rate";
      const renewed = renewAll({ queue, pool, ledger, concurrency, short }, settlement, now);
      for (const { lease } of renewed) touch(ledger.get(lease));
      if (queue.size() > 0 && inAll() < out && lender.blockedBy() !== "rate") round(now);
      return renewed;
    },
    wake(at) {
      const now = timeOf(at);
      if (queue.size() === 0) return;
      if (now >= nextRound) round(now);
      else if (queue.of("high").length > 0) giveOut(now, ["high"]);
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
      return { keys: keys.map(toStored), leases, ...pool.takeNews() };
    },
    nextWake() {
      if (queue.size() === 0) return null;
      // The high lane waits for no round.
      return queue.of("high").length > 0 ? Math.min(nextRound, latest + ROUND_MS.least) : nextRound;
    },
    view(keys, at) {
      const now = timeOf(at);
      pool.configure(keys, now);
      expire(now);
      const lanes = byLane((lane) => ({
        concurrency: targets.of(lane),
        in_flight: ledger.inLane(lane),
        waiting: queue.depth(lane),
        oldest_wait_ms: queue.wait(lane, now).oldest_wait_ms,
      }));
      const keysNow = pool.all().map((key) => viewKey(key, now));
      const inUse = (purpose: Purpose) => ({ limit: concurrency[purpose], used: ledger.inPurpose(purpose) });
      return {
        strategy,
        concurrency: inUse("execution"),
        tests: inUse("test"),
        keys: keysNow,
        lanes,
        leases: ledger.count(),
      };
    },
  };
}
