import { AdmissionQueue, type AdmissionResult } from "./admission-queue.ts";
import type { GateCaller, LeaseRequest } from "./caller-group.ts";
import { FreeCalls, type FreeCallSettings } from "./free-calls.ts";
import type { LeaseClient } from "./lease-client.ts";
import { LeaseHolder } from "./lease-holder.ts";
import { OutcomeBuffer } from "./outcome-buffer.ts";
import { QuietTime } from "./quiet-time.ts";
import type { AskedLease } from "../protocol/call-kind.ts";
import type { AcquireReply, AcquireRequest, KeyLimits, Purpose, Renewed, Settlement } from "../protocol/messages.ts";

/** How long outcomes other than passes wait, in ms, so that a burst of them is one message. */
const URGENT_MS = 50;

/** An acquire request on its way, and the callers' request in it. */
export interface GateQuestion {
  message: AcquireRequest;
  request: LeaseRequest;
  asked_at: number;
}

/** A Worker's side of one gate, for one purpose: its leases, its waiting callers and its news. */
export class GateClient<C extends GateCaller> implements LeaseClient<GateQuestion, AcquireReply, AdmissionResult<C>[]> {
  /** Null where every call needs a lease. */
  readonly free: FreeCalls | null;
  readonly holder: LeaseHolder;
  readonly queue: AdmissionQueue<C>;
  readonly outcomes = new OutcomeBuffer();
  readonly #quiet = new QuietTime();
  readonly #id: string;
  readonly #purpose: Purpose;
  readonly #keys: () => KeyLimits[];

  /**
   * `id` is unlike that of any other client; `keys` gives the keys as they are configured now.
   * Without `free`, and for test runs, every call needs a lease. `ownSlotMs` is as for the queue.
   */
  constructor(id: string, purpose: Purpose, keys: () => KeyLimits[], free?: FreeCallSettings, ownSlotMs?: number) {
    this.#id = id;
    this.#purpose = purpose;
    this.#keys = keys;
    this.free = free && purpose === "execution" ? new FreeCalls(free, keys) : null;
    this.holder = new LeaseHolder(this.free, (key) => keys().some(({ name }) => name === key));
    this.queue = new AdmissionQueue<C>(this.holder, ownSlotMs);
  }

  /**
   * The questions that should go to the gate now. Each is open until {@link receive} or {@link
   * lose}.
   */
  questions(now: number): GateQuestion[] {
    return this.queue
      .requests(now, (lane) => now < this.#quiet.until(now, lane))
      .map((request) => {
        this.holder.tidy(now);
        // Impatient callers keep nobody waiting; a question ahead of callers can wait itself.
        const canWait = request.waiting === 0 || request.stay_ms > 0;
        this.#quiet.noteMessage(now, canWait ? request.lane : undefined);
        const from = { holder: this.#id, purpose: this.#purpose, keys: this.#keys() };
        return { message: { ...request, ...from, ...this.#news(now) }, request, asked_at: now };
      });
  }

  receive({ message, request, asked_at }: GateQuestion, reply: AcquireReply, now: number): AdmissionResult<C>[] {
    this.holder.confirm(message.reports);
    this.#quiet.learn(reply.pace_ms, now);
    return this.queue.receive(request, reply, asked_at, now);
  }

  lose({ request }: GateQuestion): void {
    this.queue.lose(request);
  }

  /**
   * The settlement to send now: leases to renew, and news that others wait for. Null where it can
   * wait, unless all news is `due`, and while the gate has its holders gather news.
   */
  settlement(now: number, due = false): Settlement | null {
    const reportDue = this.holder.tidy(now) || due;
    const isUrgent = this.outcomes.isUrgent() || this.holder.urgentAt() <= now;
    if (now < this.newsFrom(now) && !isUrgent) return null;
    const waiting = this.queue.size;
    const tokensOf = (lease: AskedLease) => this.queue.meanTokens(lease);
    const isAwaited = (lease: AskedLease) => this.queue.hasCallerFor(lease);
    const renewals = this.holder.renewals(tokensOf, isAwaited, now);
    if (!reportDue && renewals.length === 0 && !this.outcomes.isUrgent()) return null;
    // What cannot wait must not make callers wait for their question.
    if (!isUrgent) this.#quiet.noteMessage(now);
    return { holder: this.#id, keys: this.#keys(), waiting, renewals, ...this.#news(now) };
  }

  /** Takes the gate's answer to a settlement sent at `askedAt`; null where none came. */
  settle({ reports, renewals }: Settlement, answer: readonly Renewed[] | null, askedAt: number, now: number): void {
    if (answer) this.holder.confirm(reports);
    this.holder.renew(renewals, answer, askedAt, now);
  }

  /** From when on news that can wait may be told, in epoch ms. */
  newsFrom(now: number): number {
    return this.#quiet.until(now);
  }

  /** When to look for questions and for a settlement, in epoch ms; null while there is nothing. */
  dueAt(now: number): number | null {
    const outcomesAt = this.outcomes.isUrgent() ? now + URGENT_MS : Infinity;
    const newsAt = Math.max(this.holder.dueAt() ?? Infinity, this.newsFrom(now));
    const asksAt = Math.min(...this.queue.lanesToAskFor(now).map((lane) => this.#quiet.until(now, lane)));
    // Without a pace, questions have gone out already.
    const due = Math.min(outcomesAt, newsAt, this.holder.urgentAt(), asksAt > now ? asksAt : Infinity);
    return due === Infinity ? null : due;
  }

  /** Whether the client holds nothing and no caller waits, so that it may be forgotten. */
  isIdle(): boolean {
    return this.holder.dueAt() === null && this.queue.size === 0;
  }

  #news(now: number) {
    return { reports: this.holder.reports(now), outcomes: this.outcomes.take() };
  }
}
