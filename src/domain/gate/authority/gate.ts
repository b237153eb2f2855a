import { type Lane, LANES } from "../../lane.ts";
import { OBJECT_TIMES } from "../../pace.ts";
import { GatePace } from "../gate-pace.ts";
import { LaneClock } from "../lanes.ts";
import { probeOver } from "./breaker.ts";
import { concurrencyOfAll, roomIn, servedPerMs } from "./capacity.ts";
import type { StoredConfiguration } from "./configuration.ts";
import { describeGate } from "./describe-gate.ts";
import type { GateSettings } from "./gate-settings.ts";
import { type KeyNews, KeyPool, toStoredKey } from "./key-pool.ts";
import { breakerOf, type KeyState } from "./key-state.ts";
import { LaneTargets } from "./lane-targets.ts";
import { LeaseAllocator } from "./lease-allocator.ts";
import { LeaseLedger } from "./lease-ledger.ts";
import type { LedgerLease } from "./ledger-lease.ts";
import { refuseSurplus, refuseWithoutKey } from "./load-shedding.ts";
import { pendingOf, type PendingRequest, PendingRequests } from "./pending-requests.ts";
import { renewLeases } from "./renew-leases.ts";
import { BLOCK, lanesWithSlots, serveRequests } from "./serve-requests.ts";
import type { StoredKey, StoredPart } from "./stored-part.ts";
import { UnsavedChanges } from "./unsaved-changes.ts";
import type { GateView } from "../protocol/gate-view.ts";
import {
  type AcquireReply,
  type AcquireRequest,
  type KeyLimits,
  type Lease,
  PURPOSES,
  type Refusal,
  type Renewed,
  type Settlement,
  type WorkerReport,
} from "../protocol/messages.ts";

/** A gate's state as it was stored last. */
export interface StoredGate {
  keys: StoredKey[];
  parts: StoredPart[];
  /** Absent or null where none was stored: earlier versions stored none. */
  configuration?: StoredConfiguration | null;
}

/**
 * What to store, and the news of keys: those to report and checks to make. `forgotten` names the
 * keys whose rows may go; `configuration` is null where it is stored.
 */
export interface GateChanges extends KeyNews {
  keys: StoredKey[];
  forgotten: string[];
  configuration: StoredConfiguration | null;
  parts: StoredPart[];
}

/** The longest wait that a reply announces, in ms. */
const LONGEST_OUTLOOK_MS = 300_000;
/** Bounds of the time between two rounds of grants, in ms. */
const ROUND_MS = { least: 100, most: 1_000 };

/**
 * The one authority over a tenant's calls to a provider. It has neither clock nor I/O: every call
 * names the time in epoch ms. After each call its owner takes the changes and the replies, stores
 * the changes before it sends the replies, and calls `wake` at `nextWake`.
 */
export class Gate {
  readonly #settings: GateSettings;
  readonly #pool: KeyPool;
  readonly #ledger: LeaseLedger;
  readonly #allocator: LeaseAllocator;
  readonly #pending = new PendingRequests();
  readonly #clock = new LaneClock();
  readonly #targets = new LaneTargets();
  readonly #unsaved: UnsavedChanges;
  readonly #pace: GatePace;
  #replies: [ticket: string, reply: AcquireReply][] = [];
  #tickets = 0;
  #latest = 0;
  #nextRound = 0;

  constructor(settings: GateSettings, { keys, parts, configuration }: StoredGate = { keys: [], parts: [] }) {
    this.#settings = settings;
    this.#pace = new GatePace(settings.work ?? OBJECT_TIMES);
    this.#pool = new KeyPool((name) => this.#ledger.inKey(name), keys, parts, configuration);
    const keyOf = (name: string) => this.#pool.get(name);
    const leases = parts.flatMap((part) => part.leases);
    this.#ledger = new LeaseLedger(settings.times, keyOf, leases);
    this.#unsaved = new UnsavedChanges({ ledger: this.#ledger, keyOf, concurrency: settings.concurrency });
    this.#allocator = new LeaseAllocator({
      settings,
      pool: this.#pool,
      ledger: this.#ledger,
      targetOf: (lane) => this.#targets.of(lane),
    });
  }

  /** Takes a request and returns the ticket under which `takeReplies` will answer it. */
  acquire(request: AcquireRequest, at: number): string {
    const now = this.#timeOf(at);
    this.#pace.begin(request.holder);
    this.#pool.configure(request.keys, now);
    this.#learn(request, now);
    this.#pool.noteAsked(request.model, now);
    const pending = pendingOf(request, `t${(this.#tickets += 1)}`, now);
    const { lane, patience_ms } = request;
    const alone = this.#pending.size === 0;
    if (!this.#pool.isUsableBy(request.keys)) {
      this.#refuse(pending, { reason: "outdated", callers: request.waiting }, now);
      return pending.ticket;
    }
    // Prefetch requests must not take permits from waiting callers.
    if (request.waiting === 0 && !alone) {
      this.#refuse(pending, { reason: "limited", callers: 0 }, now);
      return pending.ticket;
    }
    this.#clock.join(lane, this.#pending.lanes());
    this.#pending.add(pending);
    // While others wait, grants go out in rounds, so that each lease is worth its message.
    if (alone || now >= this.#nextRound) this.#round(now);
    else if (lane === "high" || patience_ms <= 0) this.#serveEarly(lane, now);
    if (patience_ms <= 0 && this.#pending.of(lane).includes(pending)) {
      this.#refuse(pending, { reason: "limited", callers: request.waiting }, now);
    }
    return pending.ticket;
  }

  /** Takes reports and returns the leases that it renews. */
  settle(settlement: Settlement, at: number): Renewed[] {
    const now = this.#timeOf(at);
    this.#pace.begin(settlement.holder);
    this.#pool.configure(settlement.keys, now);
    const out = this.#ledger.slots.all();
    this.#learn(settlement, now);
    const ratesAreShort = () => this.#pending.size > 0 && this.#allocator.blockedBy === "rate";
    const { concurrency } = this.#settings;
    const [pending, pool, ledger, clock] = [this.#pending, this.#pool, this.#ledger, this.#clock];
    const deps = { pending, pool, ledger, clock, concurrency, ratesAreShort };
    const renewed = renewLeases(deps, settlement, now);
    for (const { lease } of renewed) this.#noteUse(this.#ledger.get(lease));
    const freed = this.#ledger.slots.all() < out;
    if (this.#pending.size > 0 && freed && this.#allocator.blockedBy !== "rate") this.#round(now);
    return renewed;
  }

  /** Serves pending requests, where it is time to. */
  wake(at: number): void {
    const now = this.#timeOf(at);
    if (this.#pending.size === 0) return;
    if (now >= this.#nextRound) this.#round(now);
    else this.#serveEarly("high", now);
  }

  /** When to call `wake`, in epoch ms; null while no request is pending. */
  nextWake(): number | null {
    if (this.#pending.size === 0) return null;
    // The high lane does not wait for the next round.
    const highWaits = this.#pending.of("high").length > 0;
    return highWaits ? Math.min(this.#nextRound, this.#latest + ROUND_MS.least) : this.#nextRound;
  }

  takeReplies(): [ticket: string, reply: AcquireReply][] {
    const taken = this.#replies;
    this.#replies = [];
    return taken;
  }

  takeChanges(): GateChanges {
    const [pool, ledger] = [this.#pool, this.#ledger];
    for (const part of pool.takeUnstoredParts()) this.#unsaved.addUse({ part });
    const changed = this.#unsaved.take();
    const keys = changed.keys.flatMap((name) => pool.get(name) ?? []).map(toStoredKey);
    const charges = (part: number) => pool.chargesIn(part, this.#latest);
    const parts = changed.parts.map((part) => ({ part, leases: ledger.inPart(part), charges: charges(part) }));
    const [forgotten, configuration] = [pool.takeForgotten(), pool.takeConfiguration()];
    this.#pace.end(keys.length + parts.length + forgotten.length > 0 || configuration !== null, this.#latest);
    return { keys, forgotten, configuration, parts, ...pool.takeNews() };
  }

  view(keys: KeyLimits[], at: number): GateView {
    const now = this.#timeOf(at);
    this.#pool.configure(keys, now);
    this.#ledger.expire(now);
    const [settings, pool, ledger] = [this.#settings, this.#pool, this.#ledger];
    return describeGate({ settings, pool, ledger, pending: this.#pending, targets: this.#targets }, now);
  }

  /** Time never runs backwards: a clock that is set back must not move past use into the future. */
  #timeOf(now: number): number {
    return (this.#latest = Math.max(this.#latest, now));
  }

  #learn({ reports, outcomes }: WorkerReport, now: number): void {
    for (const report of reports) {
      const applied = this.#ledger.apply(report, now);
      if (!applied) continue;
      const { lease, back } = applied;
      this.#unsaved.addReturn(lease, back, now);
      const key = lease.probe && report.requests_back + report.ended > 0 ? this.#pool.get(lease.key) : undefined;
      if (!key) continue;
      key.breakers.set(lease.model, probeOver(breakerOf(key, lease.model)), now);
      this.#unsaved.addKey(lease.key);
    }
    for (const outcome of outcomes) {
      const key = this.#pool.learn(outcome, now);
      if (key) this.#unsaved.addKey(key.limits.name);
    }
  }

  /** Frees what expired, scales the lanes, grants, sheds load, and answers overdue requests. */
  #round(now: number): void {
    this.#ledger.expire(now);
    this.#scale(now);
    this.#serve(LANES, now);
    this.#shedLoad(now);
    for (const pending of this.#pending.takeOverdue(now)) this.#reply(pending, [], null, now);
    this.#planRound(now);
  }

  #planRound(now: number): void {
    const head = this.#pending.first();
    const ratesBind = head && this.#allocator.blockedBy === "rate";
    const perMs = ratesBind ? this.#servedPerMs(this.#pool.all(), head.request) : Infinity;
    // Each request should get enough to be worth its message, unless few callers wait.
    const callers = LANES.reduce((sum, lane) => sum + this.#pending.callers(lane), 0);
    const wanted = Math.min(BLOCK * this.#pending.size, callers / 2);
    this.#nextRound = now + Math.min(ROUND_MS.most, Math.max(ROUND_MS.least, wanted / perMs));
  }

  #scale(now: number): void {
    const ceiling = Math.min(
      PURPOSES.reduce((sum, purpose) => sum + this.#settings.concurrency[purpose], 0),
      concurrencyOfAll(this.#pool.all()),
    );
    const loadOf = (lane: Lane) => ({
      waiting: this.#pending.callers(lane),
      oldest_wait_ms: this.#pending.wait(lane, now).oldest_wait_ms,
      in_flight: this.#ledger.slots.inLane(lane),
      ceiling,
    });
    this.#targets.step(loadOf, now);
  }

  /** Serves a lane between rounds, as far as no other lane that waits loses its share by it. */
  #serveEarly(lane: Lane, now: number): void {
    const [head] = this.#pending.of(lane);
    if (!head) return;
    const served = this.#servedPerMs(this.#pool.all(), head.request) * ROUND_MS.most;
    const active = lanesWithSlots({ pending: this.#pending, allocator: this.#allocator });
    if (this.#clock.mayPass(lane, active, served)) this.#serve([lane], now);
  }

  #serve(lanes: readonly Lane[], now: number): void {
    const [pending, pool, ledger] = [this.#pending, this.#pool, this.#ledger];
    const deps = { pending, pool, ledger, allocator: this.#allocator, clock: this.#clock };
    for (const [request, leases] of serveRequests(deps, lanes, now)) {
      for (const { id } of leases) this.#noteUse(this.#ledger.get(id));
      this.#reply(request, leases, null, now);
    }
  }

  #shedLoad(now: number): void {
    const deps = { pending: this.#pending, pool: this.#pool, concurrency: this.#settings.concurrency };
    for (const [pending, refusal] of refuseWithoutKey(deps, now)) this.#refuse(pending, refusal, now);
    for (const [pending, refusal] of refuseSurplus(deps, now)) this.#refuse(pending, refusal, now);
  }

  #refuse(pending: PendingRequest, refusal: Refusal, now: number): void {
    this.#pending.remove(pending);
    this.#reply(pending, [], refusal, now);
  }

  #reply(pending: PendingRequest, leases: Lease[], refusal: Refusal | null, now: number): void {
    const { ticket, request, asked_at } = pending;
    const told = { held_ms: now - asked_at, wait_ms: this.#outlook(request, now), ...this.#pace.told(now) };
    this.#replies.push([ticket, { leases, refusal, ...told }]);
  }

  /** How long a caller that comes now would wait: for a fit key, for room, for those ahead. */
  #outlook(request: AcquireRequest, now: number): number {
    const keys = this.#pool.healthy(request.model, now);
    const healthyIn = this.#pool.healthyIn(request.model, now);
    if (keys.length === 0) return Math.ceil(Math.min(healthyIn, LONGEST_OUTLOOK_MS));
    const ahead = this.#pending.callers(request.lane) / this.#servedPerMs(keys, request);
    return Math.ceil(Math.min(Math.max(roomIn(keys, request.first_tokens, now), ahead), LONGEST_OUTLOOK_MS));
  }

  #servedPerMs(keys: readonly KeyState[], { mean_tokens, purpose }: AcquireRequest): number {
    return servedPerMs(keys, mean_tokens, this.#settings.concurrency[purpose]);
  }

  /** More is in use under a lease. One that is a probe also changes its key's breaker. */
  #noteUse(lease: LedgerLease | undefined): void {
    if (!lease) return;
    this.#unsaved.addUse(lease);
    if (lease.probe) this.#unsaved.addKey(lease.key);
  }
}
