import type { AdmissionResult } from "../client/admission-queue.ts";
import { GateClient, type GateQuestion } from "../client/gate-client.ts";
import type { Permit } from "../client/permit.ts";
import type { AskedLease } from "../protocol/call-kind.ts";
import { Configuration } from "../authority/configuration.ts";
import { OBJECT_TIMES, type WorkTimes } from "../../pace.ts";
import { GatePace } from "../gate-pace.ts";
import {
  type AcquireReply,
  type AcquireRequest,
  LONGEST_ACQUIRE_MS,
  type Purpose,
  type Renewed,
  type Settlement,
  type WorkerReport,
} from "../protocol/messages.ts";
import {
  answerAt,
  avoiding,
  type BranchCaller,
  branchRequest,
  type BranchRequest,
  expectedCaller,
  isReady,
  waitingCaller,
} from "./branch-request.ts";
import { SubLease } from "./sub-lease.ts";

/** What a {@link BranchGate} needs. `id` is unlike that of any other holder at the root. */
export interface BranchSettings {
  id: string;
  purpose: Purpose;
  /** Begins the ids of its leases: unlike that of its other lives. */
  epoch: string;
  /** The longest time from the sending of a call until the provider counts it, ms. */
  transit_ms: number;
  /** What messages take of its object's thread; the platform's times where absent. */
  work?: WorkTimes;
}

/** How soon the root hears of ended calls while callers wait here, ms: slots come over two hops. */
const TELL_MS = 100;

/**
 * A gate between the root and the isolates of a region: to the root it is one isolate with many
 * callers, to isolates it is the gate. It lends on what it holds, permit by permit, for no longer
 * than its own lease lives, and holds each permit open until its isolate has told of its end. So
 * what the root knows of a permit is true whatever becomes of the branch, and the branch stores
 * nothing. Times are epoch ms; like the other two programs it has neither clock nor I/O.
 */
export class BranchGate {
  readonly #settings: BranchSettings;
  readonly #client: GateClient<BranchCaller>;
  readonly #configuration = new Configuration(null);
  readonly #pace: GatePace;
  readonly #pending = new Map<string, BranchRequest>();
  readonly #subLeases = new Map<string, SubLease>();
  /** When no call can be under way any more that a lease was lent for, by its id. */
  readonly #overAt = new Map<string, number>();
  #replies: [ticket: string, reply: AcquireReply][] = [];
  #count = 0;
  #sweepAt = 0;
  /** When the root should hear of permits that isolates gave back; Infinity while there are none. */
  #tellBy = Infinity;

  constructor(settings: BranchSettings) {
    this.#settings = settings;
    this.#pace = new GatePace(settings.work ?? OBJECT_TIMES);
    const { id, purpose } = settings;
    // A slot in use here is in the hands of an isolate, which may keep it for long.
    this.#client = new GateClient(id, purpose, () => [...this.#configuration.keys], undefined, 0);
  }

  /** Takes a request and returns the ticket under which {@link takeReplies} will answer it. */
  acquire(asked: AcquireRequest, now: number): string {
    this.#note(asked, now);
    const unknown = this.#configuration.keys.filter(({ name }) => asked.keys.every((key) => key.name !== name));
    const request = unknown.length === 0 ? asked : avoiding(asked, unknown);
    const pending = branchRequest(request, `b${(this.#count += 1)}`, this.#pace.ms(now), now);
    this.#pending.set(pending.ticket, pending);
    if (unknown.length > 0 && unknown.length === this.#configuration.keys.length) {
      pending.refusal = { reason: "outdated", callers: request.waiting };
      this.#reply(pending, now);
      return pending.ticket;
    }
    for (let index = 0; index < request.waiting; index += 1) {
      const caller = waitingCaller(pending, index, now);
      const permit = this.#client.queue.arrive(caller, now);
      if (permit) pending.permits.push(permit);
      else pending.waiting.add(caller);
    }
    this.#takeAhead(pending, now);
    const isAhead = request.waiting === 0;
    // As at the root: an isolate without waiting callers that gets nothing does not ask again at once.
    if (isAhead && pending.permits.length === 0) pending.refusal = { reason: "limited", callers: 0 };
    if (isAhead || isReady(pending, now)) this.#reply(pending, now);
    return pending.ticket;
  }

  /**
   * Takes reports. It renews nothing: each of its permits has a slot of its own, so that further
   * requests for the same slots would keep slots from others. Isolates ask ahead instead.
   */
  settle(settlement: Settlement, now: number): Renewed[] {
    this.#note(settlement, now);
    this.#settle(this.#client.queue.serve(now), now);
    return [];
  }

  takeReplies(): [ticket: string, reply: AcquireReply][] {
    return this.#replies.splice(0);
  }

  /** The questions that should go to the root now. */
  questions(now: number): GateQuestion[] {
    return this.#client.questions(now);
  }

  /** Takes the root's answer to a question. */
  receive(question: GateQuestion, reply: AcquireReply, now: number): void {
    this.#settle(this.#client.receive(question, reply, now), now);
  }

  /** The root did not answer. */
  lose(question: GateQuestion): void {
    this.#client.lose(question);
  }

  /** What to tell the root now; null where it can wait. */
  settlement(now: number): Settlement | null {
    this.#sweep(now);
    const settlement = this.#client.settlement(now, this.#tellBy <= now);
    if (settlement) this.#tellBy = Infinity;
    return settlement;
  }

  /** Takes the root's answer to a settlement of `askedAt`; null where none came. */
  settled(settlement: Settlement, answer: readonly Renewed[] | null, askedAt: number, now: number): void {
    this.#client.settle(settlement, answer, askedAt, now);
    this.#settle(this.#client.queue.serve(now), now);
  }

  /** When to look for a settlement and for requests that must be answered; null while there is none. */
  dueAt(now: number): number | null {
    const answers = [...this.#pending.values()].map(answerAt);
    const tellAt = Math.max(this.#tellBy, this.#client.newsFrom(now));
    const due = Math.min(this.#client.dueAt(now) ?? Infinity, tellAt, ...answers);
    return due === Infinity ? null : due;
  }

  /** Answers the requests whose time is up: their isolates ask again. */
  wake(now: number): void {
    this.#settle(this.#client.queue.serve(now), now);
    for (const pending of this.#pending.values()) if (answerAt(pending) <= now) this.#reply(pending, now);
  }

  #note(message: AcquireRequest | Settlement, now: number): void {
    this.#pace.begin(message.holder);
    this.#pace.end(false, now);
    this.#configure(message.keys, now);
    this.#learn(message, now);
  }

  #configure(keys: AcquireRequest["keys"], now: number): void {
    if (this.#configuration.take(keys)) this.#client.holder.dropRemoved(now);
  }

  #learn({ reports, outcomes }: WorkerReport, now: number): void {
    const { holder } = this.#client;
    for (const report of reports) {
      const sub = this.#subLeases.get(report.lease);
      if (!sub) continue;
      const { moved, ended, spent, back } = sub.apply(report);
      for (const { from, to, tokens } of moved) holder.moveTokens(from, to, tokens);
      const each = Math.ceil(spent / Math.max(1, ended.length));
      const sentAt = now - Math.max(0, report.used_ago_ms);
      for (const permit of ended) holder.end(permit, Math.min(now, sentAt), each, now);
      for (const permit of back) holder.cancel(permit, now);
      if (sub.isOver) this.#forget(sub.lease.id);
      if (this.#client.queue.size > 0 && ended.length + back.length > 0) {
        this.#tellBy = Math.min(this.#tellBy, now + TELL_MS);
      }
    }
    for (const outcome of outcomes) {
      if (outcome.kind === "passed") this.#client.outcomes.addPasses(outcome);
      else this.#client.outcomes.add(outcome);
      if (outcome.kind === "limited") holder.drop(outcome.key, now, outcome.of_model ? outcome.model : undefined);
      if (outcome.kind === "refused" || outcome.kind === "overloaded") holder.drop(outcome.key, now);
    }
  }

  /** What an isolate expects beside its waiting callers, out of what is held anyway. */
  #takeAhead(pending: BranchRequest, now: number): void {
    const { request, permits } = pending;
    if (pending.waiting.size > 0) return;
    const spare = expectedCaller(request, now);
    while (permits.length < Math.max(request.waiting, request.requests)) {
      const permit = this.#client.holder.take(spare, now);
      if (!permit) return;
      // It counts once it is lent: an isolate expects the same calls in each of its questions.
      this.#client.holder.observeCall(spare, now);
      permits.push(permit);
    }
  }

  #settle(results: readonly AdmissionResult<BranchCaller>[], now: number): void {
    const touched = new Set<BranchRequest>();
    for (const result of results) {
      const { pending } = result.caller;
      pending.waiting.delete(result.caller);
      touched.add(pending);
      if ("permit" in result) pending.permits.push(result.permit);
      else {
        const callers = (pending.refusal?.callers ?? 0) + 1;
        pending.refusal = { reason: result.refusal.reason, callers };
        pending.wait_ms = result.wait_ms;
      }
    }
    for (const pending of touched) {
      this.#takeAhead(pending, now);
      if (isReady(pending, now)) this.#reply(pending, now);
    }
  }

  /** Answers with what there is. Callers that are left wait at their isolate, which asks again. */
  #reply(pending: BranchRequest, now: number): void {
    if (!this.#pending.delete(pending.ticket)) return;
    const [first] = pending.waiting;
    if (first) pending.wait_ms = this.#client.queue.outlook(first);
    for (const waiting of pending.waiting) this.#client.queue.leave(waiting);
    const leases = [...Map.groupBy(pending.permits, ({ key }) => key)].map(([, permits]) =>
      this.#lend(pending.request, permits, now),
    );
    const { refusal, wait_ms, asked_at, ticket } = pending;
    this.#replies.push([ticket, { leases, refusal, held_ms: now - asked_at, wait_ms, ...this.#pace.told(now) }]);
  }

  /** How long all of these permits can be used, ms. */
  #lifeOf(permits: readonly Permit[], now: number): number {
    return Math.max(0, Math.min(...permits.map((permit) => this.#client.holder.expiresAt(permit) - now)));
  }

  #lend({ model, lane, hold_ms }: AcquireRequest, permits: Permit[], now: number): AskedLease {
    const { epoch, transit_ms } = this.#settings;
    const { holder } = this.#client;
    const [first] = permits;
    const counted = permits.every((permit) => holder.leaseOf(permit)?.tokens !== null);
    const life_ms = this.#lifeOf(permits, now);
    const lease: AskedLease = {
      id: `${epoch}-${(this.#count += 1)}`,
      key: first?.key ?? "",
      model,
      lane,
      hold_ms,
      requests: permits.length,
      tokens: counted ? permits.reduce((sum, { tokens }) => sum + tokens, 0) : null,
      slots: permits.length,
      life_ms,
      transit_ms,
      probe: permits.some(({ probe }) => probe),
      scarce: permits.some((permit) => holder.leaseOf(permit)?.scarce !== false),
      renewable: false,
    };
    this.#subLeases.set(lease.id, new SubLease(lease, permits));
    // Its calls may be sent until it ends, so their permits are over later than that.
    for (const permit of permits) holder.send(permit, now + life_ms - 1);
    this.#overAt.set(lease.id, now + life_ms + hold_ms);
    return lease;
  }

  /** Forgets leases whose isolates are gone: the holder has ended their permits by itself. */
  #sweep(now: number): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + LONGEST_ACQUIRE_MS;
    for (const [id, overAt] of this.#overAt) if (overAt + LONGEST_ACQUIRE_MS <= now) this.#forget(id);
  }

  #forget(id: string): void {
    this.#subLeases.delete(id);
    this.#overAt.delete(id);
  }
}
