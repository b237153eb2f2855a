import { IdleMap } from "../../../lib/idle-map.ts";
import { type Lane, LANES } from "../../lane.ts";
import { LANE_RULES } from "../lanes.ts";
import { DemandEstimator } from "./demand-estimator.ts";
import { IDLE_MODELS } from "./idle-models.ts";
import { FREE_LEASE, type FreeCalls } from "./free-calls.ts";
import { HeldLease, IDLE_MS } from "./held-lease.ts";
import type { Permit, PermitNeed } from "./permit.ts";
import { type AskedLease, type CallKind, isCounted, isFor } from "../protocol/call-kind.ts";
import type { AcquireReply, AcquireRequest, LeaseReport, Renewal, Renewed } from "../protocol/messages.ts";

/** The open leases of one model and lane, and the demand for them by how long calls may last. */
interface LeasePool {
  leases: HeldLease[];
  demands: Map<number, DemandEstimator>;
}

/**
 * The leases that a Worker holds of one gate. Calls take permits out of them without asking the
 * gate. A lease's life is counted from the moment before it was asked for, so it never lives longer
 * here than at the gate, however long its answer travelled. Where nothing is limited, a few calls
 * need no lease.
 */
export class LeaseHolder {
  readonly #pools = new IdleMap<LeasePool>({ ...IDLE_MODELS, isIdle: ({ leases }) => leases.length === 0 });
  /** Every lease that the gate has not heard the end of. */
  readonly #held = new Map<string, HeldLease>();
  readonly #free: FreeCalls | null;
  readonly #isConfigured: (key: string) => boolean;
  /** No open permit is over before this time. */
  #nextOverAt = Infinity;

  /** `isConfigured` says whether there is a key of this name now. */
  constructor(free: FreeCalls | null = null, isConfigured: (key: string) => boolean = () => true) {
    this.#free = free;
    this.#isConfigured = isConfigured;
  }

  /** Counts a caller, so that requests for leases follow the demand. */
  observeCall(kind: CallKind, now: number): void {
    this.#demandFor(kind, now).observeCall(now);
  }

  /** A permit for a call, or null where no lease has room for it and it must not go without. */
  take(need: PermitNeed, now: number): Permit | null {
    const { model, lane, tokens, avoid, hold_ms = LANE_RULES[lane].timeout_ms, lasts_ms = 0 } = need;
    const usable = this.#usableBy({ model, lane, hold_ms });
    const held = usable.find((each) => each.fits(tokens, now + lasts_ms) && !avoid.includes(each.lease.key));
    if (!held) return this.#takeFree(need, now);
    const { id, over_at } = held.take(tokens, hold_ms, now);
    this.#nextOverAt = Math.min(this.#nextOverAt, over_at);
    const { id: lease, key, probe } = held.lease;
    return { id, key, model, lane, hold_ms, lease, tokens, probe };
  }

  /** Notes that a call is sent now. False where its permit is not good for that: it is cancelled. */
  send(permit: Permit, now: number): boolean {
    return this.#heldOf(permit)?.send(permit.id, now) ?? false;
  }

  /** Ends a call that was sent at `sentAt` and took `spent` tokens, unless its permit was over. */
  end(permit: Permit, sentAt: number, spent: number, now: number): void {
    const ended = this.#heldOf(permit)?.end(permit.id, spent, sentAt, now);
    if (ended) this.#demandFor(permit, now).observeLatency(now - sentAt);
  }

  /**
   * Ends a call that was aborted before its end; see {@link HeldLease.abort}. Its slot is free once
   * {@link endVanished} finds its time up.
   */
  abort(permit: Permit, sentAt: number, spent: number, now: number): void {
    if (permit.lease === FREE_LEASE) return this.end(permit, sentAt, spent, now);
    const overAt = this.#held.get(permit.lease)?.abort(permit.id, spent, sentAt, now);
    if (overAt === undefined) return;
    this.#nextOverAt = Math.min(this.#nextOverAt, overAt);
    this.#demandFor(permit, now).observeLatency(overAt - sentAt);
  }

  /**
   * Ends the permits whose time is up: those of aborted calls, and those whose calls were never
   * ended and can no longer be under way, because the platform cancelled their requests. Cheap
   * until one may be over. Returns whether any was.
   */
  endVanished(now: number): boolean {
    if (now < this.#nextOverAt) return false;
    let ended = this.#free?.endVanished(now) ?? 0;
    this.#nextOverAt = this.#free?.nextOverAt() ?? Infinity;
    for (const held of this.#held.values()) {
      ended += held.endVanished(now);
      this.#nextOverAt = Math.min(this.#nextOverAt, held.nextOverAt());
    }
    return ended > 0;
  }

  /** When the lease of a permit ends, in epoch ms: its call must have been sent by then. */
  expiresAt({ lease }: Permit): number {
    return this.#held.get(lease)?.expiresAt ?? 0;
  }

  /** The lease of a permit; undefined where it is over. */
  leaseOf({ lease }: Permit): AskedLease | undefined {
    return this.#held.get(lease)?.lease;
  }

  /** Moves tokens that a permit reserved to another one of its lease. */
  moveTokens(from: Permit, to: Permit, tokens: number): void {
    this.#held.get(from.lease)?.moveTokens(from.id, to.id, tokens);
  }

  /** Gives back the permit of a call that was not sent. */
  cancel(permit: Permit, now: number): void {
    if (permit.lease === FREE_LEASE) this.#free?.end(permit.id);
    else this.#held.get(permit.lease)?.cancel(permit.id, now);
  }

  /** Takes the leases of a reply to a request for calls of a kind that was sent at `askedAt`. */
  receive(reply: AcquireReply, { hold_ms }: Pick<CallKind, "hold_ms">, askedAt: number, now: number): void {
    this.#free?.hear(reply, now);
    for (const lease of reply.leases) {
      const held = new HeldLease({ ...lease, hold_ms }, askedAt + reply.held_ms + lease.life_ms, now);
      this.#held.set(lease.id, held);
      this.#poolOf(lease, now).leases.push(held);
      if (held.isExpired(now)) this.#close(held, now);
    }
    this.dropRemoved(now);
  }

  /** The calls and slots to ask for, with `waiting` callers. */
  amountsFor(kind: CallKind, waiting: number, now: number): Pick<AcquireRequest, "requests" | "slots"> {
    const demand = this.#demandFor(kind, now);
    return { requests: waiting + demand.calls(now), slots: waiting + demand.concurrency(now) };
  }

  /** Whether to ask before a caller waits: what is held will not last. */
  runsLow(kind: CallKind, now: number): boolean {
    const { leases } = this.#poolOf(kind, now);
    const lasting = leases.filter((held) => isFor(held.lease, kind) && !held.isExpired(now + IDLE_MS / 2));
    return this.#demandFor(kind, now).runsLow(
      lasting.reduce((sum, { requests }) => sum + requests, 0),
      now,
    );
  }

  /** Whether a call is in flight whose slot, once free, will serve a caller of this lane. */
  hasSlotComing(kind: CallKind): boolean {
    return this.#usableBy(kind).some(({ lease, inUse, leaving }) => lease.scarce && !lease.probe && inUse > leaving);
  }

  /** Closes the leases of a key, for one model or for all, so that no call starts with it. */
  drop(key: string, now: number, model?: string): void {
    for (const held of this.#held.values()) {
      if (held.lease.key === key && (model === undefined || held.lease.model === model)) this.#revoke(held, now);
    }
  }

  /** Closes the leases of keys that were removed. */
  dropRemoved(now: number): void {
    for (const held of this.#held.values()) if (!this.#isConfigured(held.lease.key)) this.#revoke(held, now);
  }

  /**
   * The renewals to ask for, once one of them is due. `tokensOf` is what a call under a lease
   * reserves on average, and `isAwaited` says whether a caller waits that may use the lease. Each
   * renewal is open until {@link renew}.
   */
  renewals(tokensOf: (lease: AskedLease) => number, isAwaited: (of: AskedLease) => boolean, now: number): Renewal[] {
    const open = [...this.#held.values()].filter((held) => held.mayRenew() && !held.isExpired(now));
    if (!open.some((held) => held.renewAt() <= now)) return [];
    const isNeeded = ({ lease }: HeldLease) => isAwaited(lease) || this.#isInDemand(lease, now);
    for (const held of open) if (held.renewAt() <= now && !isNeeded(held)) held.letEnd();
    return open.filter(isNeeded).map((held) => {
      const { lease, free, inUse } = held;
      const demand = this.#demandFor(lease, now);
      return held.askRenewal((free + inUse) * demand.callsPerSlot(lease.life_ms), tokensOf(lease));
    });
  }

  /** Takes the gate's answer to renewals asked for at `askedAt`; null where none came. */
  renew(asked: readonly Renewal[], answer: readonly Renewed[] | null, askedAt: number, now: number): void {
    for (const { lease } of asked) {
      const renewed = answer?.find((each) => each.lease === lease);
      this.#held.get(lease)?.renew(renewed, askedAt, now);
    }
  }

  /**
   * Ends permits that are over, closes leases that are used up, idle or expired, and gives back
   * slots that others may wait for. Returns whether a report to the gate is due.
   */
  tidy(now: number): boolean {
    this.endVanished(now);
    for (const held of this.#held.values()) {
      const { lease, inUse } = held;
      const demand = this.#demandFor(lease, now);
      const idle = inUse === 0 && isCounted(lease) && demand.idleMs(now) >= IDLE_MS;
      if (held.isUsedUp() || idle || held.isExpired(now)) this.#close(held, now);
      else if (lease.scarce && !isCounted(lease)) this.#giveSpareBack(held, now);
      held.looked(now);
    }
    return [...this.#held.values()].some((held) => held.isReportDue(now));
  }

  /** What the gate has not confirmed. {@link confirm} the reports once the gate has them. */
  reports(now: number): LeaseReport[] {
    return [...this.#held.values()].flatMap((held) => held.report(now) ?? []);
  }

  confirm(reports: readonly LeaseReport[]): void {
    for (const report of reports) {
      if (this.#held.get(report.lease)?.confirm(report)) this.#held.delete(report.lease);
    }
  }

  /** When to look for renewals and reports, in epoch ms; null while nothing is held. */
  dueAt(): number | null {
    const due = Math.min(Infinity, ...[...this.#held.values()].map((held) => held.dueAt()));
    return due === Infinity ? null : due;
  }

  /** When a lease must be renewed or a report go out, however busy the gate is. */
  urgentAt(): number {
    return Math.min(Infinity, ...[...this.#held.values()].map((held) => held.urgentAt()));
  }

  /** The models and lanes that something is kept for. */
  get pools(): number {
    return this.#pools.size;
  }

  #takeFree(need: PermitNeed, now: number): Permit | null {
    const taken = this.#free?.take(need, now);
    if (!taken) return null;
    this.#nextOverAt = Math.min(this.#nextOverAt, taken.over_at);
    return taken.permit;
  }

  #heldOf({ lease }: Permit): Pick<HeldLease, "send" | "end"> | undefined {
    return (lease === FREE_LEASE ? this.#free : null) ?? this.#held.get(lease);
  }

  #poolOf({ model, lane }: Omit<CallKind, "hold_ms">, now: number): LeasePool {
    const name = poolName(model, lane);
    let pool = this.#pools.use(name, now);
    if (!pool) this.#pools.set(name, (pool = { leases: [], demands: new Map() }), now);
    return pool;
  }

  #demandFor(kind: CallKind, now: number): DemandEstimator {
    const { demands } = this.#poolOf(kind, now);
    let demand = demands.get(kind.hold_ms);
    if (!demand) demands.set(kind.hold_ms, (demand = new DemandEstimator()));
    return demand;
  }

  /** Leases for calls of a kind. The high lane may use those of others, which can wait, too. */
  #usableBy(kind: CallKind): HeldLease[] {
    const lanes = kind.lane === "high" ? LANES : [kind.lane];
    const held = lanes.flatMap((own) => this.#pools.peek(poolName(kind.model, own))?.leases ?? []);
    return held.filter((each) => isFor(each.lease, kind));
  }

  /**
   * Whether calls may come soon that need the slots of a lease. Those under way need no renewal:
   * the gate keeps their slots for the longest call after the lease's end. Each renewal begins that
   * time anew, so none must be asked for the sake of calls that may have vanished.
   */
  #isInDemand(kind: CallKind, now: number): boolean {
    return this.#demandFor(kind, now).calls(now) > 0;
  }

  /** A call that has a permit of it and was not sent takes another one. */
  #revoke(held: HeldLease, now: number): void {
    this.#close(held, now);
    held.revoke(now);
  }

  #close(held: HeldLease, now: number): void {
    if (held.isClosed) return;
    held.close(now);
    const pool = this.#poolOf(held.lease, now);
    pool.leases = pool.leases.filter((other) => other !== held);
  }

  /** Gives back slots that others may wait for and that the present demand does not fill. */
  #giveSpareBack(held: HeldLease, now: number): void {
    const { lease } = held;
    const alike = this.#poolOf(lease, now).leases.filter((each) => isFor(each.lease, lease));
    const inUse = alike.reduce((sum, each) => sum + each.inUse, 0);
    const spare = held.free - Math.max(0, this.#demandFor(lease, now).concurrency(now) - inUse);
    if (spare < 1 || held.free < 1) return;
    held.giveBack(Math.min(spare, held.free), now);
    if (held.free === 0 && held.inUse === 0) this.#close(held, now);
  }
}

function poolName(model: string, lane: Lane): string {
  return `${lane}/${model}`;
}
