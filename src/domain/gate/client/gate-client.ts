import { AdmissionQueue, type AdmissionResult } from "./admission-queue.ts";
import type { GateCaller, LeaseRequest } from "./caller-group.ts";
import { FreeCalls, type FreeCallSettings } from "./free-calls.ts";
import type { LeaseClient } from "./lease-client.ts";
import { LeaseHolder } from "./lease-holder.ts";
import { OutcomeBuffer } from "./outcome-buffer.ts";
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
    return this.queue.requests(now).map((request) => {
      this.holder.tidy(now);
      const from = { holder: this.#id, purpose: this.#purpose, keys: this.#keys() };
      return { message: { ...request, ...from, ...this.#news(now) }, request, asked_at: now };
    });
  }

  receive({ message, request, asked_at }: GateQuestion, reply: AcquireReply, now: number): AdmissionResult<C>[] {
    this.holder.confirm(message.reports);
    return this.queue.receive(request, reply, asked_at, now);
  }

  lose({ request }: GateQuestion): void {
    this.queue.lose(request);
  }

  /**
   * The settlement to send now: leases to renew, and news that others wait for. Null where it can
   * wait, unless all news is `due`.
   */
  settlement(now: number, due = false): Settlement | null {
    const reportDue = this.holder.tidy(now) || due;
    const waiting = this.queue.size;
    const tokensOf = (lease: AskedLease) => this.queue.meanTokens(lease);
    const isAwaited = (lease: AskedLease) => this.queue.hasCallerFor(lease);
    const renewals = this.holder.renewals(tokensOf, isAwaited, now);
    if (!reportDue && renewals.length === 0 && !this.outcomes.isUrgent()) return null;
    return { holder: this.#id, keys: this.#keys(), waiting, renewals, ...this.#news(now) };
  }

  /** Takes the gate's answer to a settlement sent at `askedAt`; null where none came. */
  settle({ reports, renewals }: Settlement, answer: readonly Renewed[] | null, askedAt: number, now: number): void {
    if (answer) this.holder.confirm(reports);
    this.holder.renew(renewals, answer, askedAt, now);
  }

  /** When to look for a settlement, in epoch ms; null while there is nothing to settle. */
  dueAt(now: number): number | null {
    const due = Math.min(this.holder.dueAt() ?? Infinity, this.outcomes.isUrgent() ? now + URGENT_MS : Infinity);
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
