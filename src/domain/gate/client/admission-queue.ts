import { IdleMap } from "../../../lib/idle-map.ts";
import { byLane, type Lane, LANES } from "../../lane.ts";
import { LaneClock } from "../lanes.ts";
import { type CallKind, isFor } from "../protocol/call-kind.ts";
import type { AcquireReply, Refusal } from "../protocol/messages.ts";
import { CallerGroup, type GateCaller, type LeaseRequest } from "./caller-group.ts";
import { IDLE_MODELS } from "./idle-models.ts";
import type { LeaseHolder } from "./lease-holder.ts";
import type { Permit } from "./permit.ts";

/** What a waiting caller got: a permit or a refusal. */
export type AdmissionResult<C extends GateCaller> =
  { caller: C; permit: Permit } | { caller: C; refusal: Refusal; wait_ms: number };

/**
 * How long a caller of the high lane waits for a slot that is in use at its own Worker, in ms,
 * before the Worker asks the gate for one more.
 */
const LOCAL_SLOT_MS = 1_000;
/** The time between two searches for callers that vanished, in ms. */
const SEARCH_EVERY_MS = 1_000;

/**
 * The callers of one Worker for one tenant and provider. A caller that finds a permit in a held
 * lease goes at once. The others wait here in order, and one request for each group goes to the
 * gate.
 */
export class AdmissionQueue<C extends GateCaller> {
  readonly #holder: LeaseHolder;
  readonly #ownSlotMs: number;
  readonly #groups = new IdleMap<CallerGroup<C>>({ ...IDLE_MODELS, isIdle: (group, now) => group.isIdle(now) });
  /** The groups that have a caller, in the order in which the first came. */
  readonly #waiting = byLane(() => new Set<CallerGroup<C>>());
  readonly #askedFor = new WeakMap<LeaseRequest, CallerGroup<C>>();
  readonly #clock = new LaneClock();
  #searchAt = 0;

  /** `ownSlotMs` is how long a caller of the high lane waits for a slot in use here, ms. */
  constructor(holder: LeaseHolder, ownSlotMs = LOCAL_SLOT_MS) {
    this.#holder = holder;
    this.#ownSlotMs = ownSlotMs;
  }

  /** Callers that wait. */
  get size(): number {
    const groups = LANES.flatMap((lane) => [...this.#waiting[lane]]);
    return groups.reduce((sum, { size }) => sum + size, 0);
  }

  /** Groups of callers that something is kept for. */
  get groups(): number {
    return this.#groups.size;
  }

  /** Returns a permit, or null where the caller now waits. */
  arrive(caller: C, now: number): Permit | null {
    const group = this.#groupOf(caller, now);
    group.observe(caller);
    this.#holder.observeCall(caller, now);
    // A later caller must not overtake those that wait, not even with a smaller need.
    const permit = group.size > 0 ? null : this.#holder.take(caller, now);
    if (permit) return permit;
    if (group.size === 0) this.#clock.join(caller.lane, this.#lanesWaiting());
    group.add(caller);
    this.#waiting[group.lane].add(group);
    return null;
  }

  /** Removes a caller that gives up. Returns whether it waited. */
  leave(caller: C): boolean {
    const group = this.#groups.peek(CallerGroup.nameFor(caller));
    const waited = group?.remove(caller) ?? false;
    if (group) this.#noteSize(group);
    return waited;
  }

  /**
   * Refuses callers that did not leave when their time was up, because the platform cancelled their
   * requests. Nobody would use their permits.
   */
  refuseVanished(now: number): AdmissionResult<C>[] {
    if (now < this.#searchAt) return [];
    this.#searchAt = now + SEARCH_EVERY_MS;
    const vanished = LANES.flatMap((lane) => [...this.#waiting[lane]]).flatMap((group) => {
      const gone = group.removeVanished(now);
      this.#noteSize(group);
      return gone;
    });
    const refusal: Refusal = { reason: "limited", callers: vanished.length };
    return vanished.map((caller) => ({ caller, refusal, wait_ms: 0 }));
  }

  /** Serves waiting callers out of held leases, the lanes in turn by their weights. */
  serve(now: number): AdmissionResult<C>[] {
    const served: AdmissionResult<C>[] = [];
    // A group that gets nothing now gets nothing until the next call, so each is left once.
    const queues = byLane((lane) => [...this.#waiting[lane]].values());
    const heads = byLane((lane) => queues[lane].next().value);
    for (;;) {
      const open = LANES.flatMap((lane) => heads[lane] ?? []);
      const lane = this.#clock.next(open.map((group) => group.wait(now)));
      const group = lane && heads[lane];
      if (!group) return served;
      const caller = group.first;
      const permit = caller && this.#holder.take(caller, now);
      if (permit) {
        group.removeFirst();
        served.push({ caller, permit });
        this.#clock.charge(group.wait(now, caller), 1);
        this.#noteSize(group);
      }
      if (!permit || group.size === 0) heads[lane] = queues[lane].next().value;
    }
  }

  /**
   * The requests that should go to the gate now. Each is open until {@link receive} or {@link
   * lose}. Lanes that are `quiet` gather further callers first.
   */
  requests(now: number, isQuiet: (lane: Lane) => boolean = () => false): LeaseRequest[] {
    const requests: LeaseRequest[] = [];
    for (const [name, group] of this.#groups.entries()) {
      if (group.open.isAwaited(now) || (group.mayGather && isQuiet(group.lane))) continue;
      if (this.#isServedSoon(group, now)) continue;
      const request = group.request(this.#holder, now);
      // There are many lists of keys to avoid, and few come again.
      if (!request && group.avoid.length > 0) this.#groups.delete(name);
      if (!request) continue;
      this.#askedFor.set(request, group);
      group.open.open(request, now);
      requests.push(request);
    }
    return requests;
  }

  /** Lanes in which a caller waits that no question was sent for. */
  lanesToAskFor(now: number): Lane[] {
    return LANES.filter((lane) => [...this.#waiting[lane]].some((group) => !group.open.isAwaited(now)));
  }

  /** Takes the gate's reply, however late, and returns what callers got. */
  receive(request: LeaseRequest, reply: AcquireReply, askedAt: number, now: number): AdmissionResult<C>[] {
    const group = this.#askedFor.get(request);
    this.#holder.receive(reply, request, askedAt, now);
    if (!group) return [];
    const { refusal, wait_ms } = reply;
    group.open.close(request);
    group.learn(wait_ms, refusal !== null, now);
    const served = this.serve(now);
    if (!refusal) return served;
    const refused = group.removeNewest(refusal.callers).map((caller) => ({ caller, refusal, wait_ms }));
    this.#noteSize(group);
    return [...served, ...refused];
  }

  /** Notes that a request got no answer, so that its callers are asked for again. */
  lose(request: LeaseRequest): void {
    this.#askedFor.get(request)?.open.close(request);
  }

  /** Whether a caller waits that may use a lease; the high lane uses those of any lane. */
  hasCallerFor(lease: CallKind): boolean {
    const groups = [...this.#waiting[lease.lane], ...this.#waiting.high];
    return groups.some((group) => isFor(lease, group));
  }

  /** The tokens that a call of a model and lane reserves on average. */
  meanTokens({ model, lane }: Pick<CallKind, "model" | "lane">): number {
    const groups = [...this.#groups.entries()].map(([, group]) => group);
    const own = groups.filter((group) => group.model === model && group.lane === lane);
    return Math.max(0, ...own.map(({ meanTokens }) => meanTokens));
  }

  /** How long a caller that comes now would wait, as the gate said last, in ms. */
  outlook(caller: C): number {
    return this.#groups.peek(CallerGroup.nameFor(caller))?.waitMs ?? 0;
  }

  #groupOf(caller: C, now: number): CallerGroup<C> {
    const name = CallerGroup.nameFor(caller);
    let group = this.#groups.use(name, now);
    if (!group) this.#groups.set(name, (group = new CallerGroup(caller)), now);
    return group;
  }

  #noteSize(group: CallerGroup<C>): void {
    if (group.size === 0) this.#waiting[group.lane].delete(group);
  }

  /**
   * Whether a slot in use here comes free sooner than the gate, whose slots are short, has another.
   */
  #isServedSoon(group: CallerGroup<C>, now: number): boolean {
    const { lane, first } = group;
    const recent = lane === "high" && first !== undefined && now - first.since < this.#ownSlotMs;
    return recent && this.#holder.hasSlotComing(group);
  }

  #lanesWaiting(): Lane[] {
    return LANES.filter((lane) => this.#waiting[lane].size > 0);
  }
}
