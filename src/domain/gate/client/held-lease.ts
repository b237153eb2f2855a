import { type AskedLease, isCounted } from "../protocol/call-kind.ts";
import { BRANCH_LEASE, type LeaseReport, type Renewal, type Renewed } from "../protocol/messages.ts";
import { OpenPermits } from "./open-permits.ts";

/** Unused permits go back after this many ms, and so does concurrency that others wait for. */
export const IDLE_MS = 500;
/** The longest delay of a report that is not urgent, in ms. A question takes it along. */
export const SETTLE_MS = 3_000;
/** The same where tokens are counted, because others can use what was reserved and not spent. */
const SETTLE_TOKENS_MS = 1_000;
/** The same of a branch's scarce lease without requests: its free slots can serve no call here. */
const TELL_BRANCH_MS = 50;
/** How long before its end a lease asks for renewal, ms: the time of a message there and back. */
const RENEW_AHEAD_MS = 400;
/** How long the provider may still count an aborted call, ms: the abort's way, and to notice it. */
const ABORT_SEEN_MS = 500;

/** A lease in a Worker's hands: what is left of it, and what the gate has not been told. */
export class HeldLease {
  readonly lease: AskedLease;
  #expiresAt: number;
  #requests: number;
  #tokens: number;
  #free: number;
  readonly #open = new OpenPermits();
  /** Slots that go back as soon as they are free. */
  #leaving = 0;
  /** Slots that the gate asked for went back, and were not reported. */
  #givesBack = false;
  #renewal: "none" | "asked" | "denied" = "none";
  #closed = false;
  #isRevoked = false;
  #usedBy = 0;
  readonly #report: Omit<LeaseReport, "used_ago_ms">;
  /** Moves with every change that the gate should hear of. */
  #version = 0;
  #confirmedVersion = 0;
  readonly #reportedVersions = new WeakMap<LeaseReport, number>();
  /** When the gate should hear of the changes, and when free slots may have become spare. */
  #reportBy = Infinity;
  #lookAt: number;

  constructor(lease: AskedLease, expiresAt: number, now: number) {
    this.lease = lease;
    this.#expiresAt = expiresAt;
    this.#requests = lease.requests ?? Infinity;
    this.#tokens = lease.tokens ?? Infinity;
    this.#free = lease.slots;
    const none = { ended: 0, reserved: 0, spent: 0, requests_back: 0, tokens_back: 0, slots_back: 0 };
    this.#report = { lease: lease.id, ...none };
    this.#lookAt = now + IDLE_MS;
  }

  /** When it ends here, in epoch ms. */
  get expiresAt(): number {
    return this.#expiresAt;
  }

  get requests(): number {
    return this.#requests;
  }

  get free(): number {
    return this.#free;
  }

  get inUse(): number {
    return this.#open.size;
  }

  get leaving(): number {
    return this.#leaving;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  isExpired(now: number): boolean {
    return this.#expiresAt <= now;
  }

  /** Whether a call that reserves `tokens` can start now. */
  fits(tokens: number, now: number): boolean {
    return this.#requests >= 1 && this.#free >= 1 && this.#tokens >= tokens && !this.isExpired(now);
  }

  /** Starts a call that lasts `longestMs` at most. Returns its permit's id and when that is over. */
  take(tokens: number, longestMs: number, now: number): { id: number; over_at: number } {
    this.#requests -= 1;
    this.#tokens -= tokens;
    this.#free -= 1;
    return this.#open.open(tokens, longestMs, now);
  }

  /** False where a call must not be sent now: its permit or lease is over, or its key not used. */
  send(permit: number, now: number): boolean {
    return !this.#isRevoked && !this.isExpired(now) && this.#open.send(permit, now);
  }

  /** A call has ended. Returns whether its permit was open; one that was over has been counted. */
  end(permit: number, spent: number, sentAt: number, now: number): boolean {
    const open = this.#open.close(permit);
    if (open) this.#count(open.tokens, spent, sentAt, now);
    return open !== undefined;
  }

  /**
   * A call was aborted before its end. Its slot stays in use until the provider must have seen the
   * request and the abort. Returns when that is, epoch ms; undefined where the permit was over.
   */
  abort(permit: number, spent: number, sentAt: number, now: number): number | undefined {
    const arrivedBy = Math.max(now, sentAt + this.lease.transit_ms);
    return this.#open.abort(permit, spent, arrivedBy + ABORT_SEEN_MS);
  }

  /**
   * Counts the permits that no call can use any more as ended, with the tokens that they reserved
   * where nobody can tell what the provider did. Returns how many there were.
   */
  endVanished(now: number): number {
    const vanished = this.#open.closeOver(now);
    for (const { tokens, spent, sent_at } of vanished) this.#count(tokens, spent, sent_at, now);
    return vanished.length;
  }

  /** When the next open permit is over, in epoch ms; Infinity while none is open. */
  nextOverAt(): number {
    return this.#open.nextOverAt();
  }

  /** Moves tokens that one open permit reserved to another one. */
  moveTokens(from: number, to: number, tokens: number): void {
    this.#open.moveTokens(from, to, tokens);
  }

  /** A call was not sent. */
  cancel(permit: number, now: number): void {
    const open = this.#open.close(permit);
    if (!open) return;
    if (this.#closed) {
      if (this.lease.requests !== null) this.#report.requests_back += 1;
      if (this.lease.tokens !== null) this.#report.tokens_back += open.tokens;
    } else {
      this.#requests += 1;
      this.#tokens += open.tokens;
    }
    this.#release(now);
  }

  /** Ends the lease: it gives no further permit, what is left goes back, and slots as calls end. */
  close(now: number): void {
    this.#closed = true;
    const requests = this.lease.requests === null ? 0 : this.#requests;
    const tokens = this.lease.tokens === null ? 0 : this.#tokens;
    this.#report.requests_back += requests;
    this.#report.tokens_back += tokens;
    this.#report.slots_back += this.#free;
    // Where only its last calls are under way, their ends tell the gate all.
    if (requests + tokens + this.#free > 0 || this.inUse === 0) this.#changed(this.#tellEndWithinMs, now);
    this.#requests = this.#tokens = this.#free = 0;
  }

  /** Ends the lease, and no permit of it may be sent any more. */
  revoke(now: number): void {
    this.#isRevoked = true;
    if (!this.#closed) this.close(now);
  }

  /** Gives free slots back to the gate. */
  giveBack(slots: number, now: number): void {
    this.#free -= slots;
    this.#givesBack ||= this.#leaving > 0;
    this.#leaving = Math.max(0, this.#leaving - slots);
    this.#report.slots_back += slots;
    this.#changed(0, now);
  }

  /** Whether the lease can serve no further call and waits for no renewal. */
  isUsedUp(): boolean {
    return this.#requests < 1 && this.#renewal !== "asked" && !this.mayRenew();
  }

  /** Only permits that others wait for are worth a renewal; others are asked for when needed. */
  mayRenew(): boolean {
    const { scarce, probe, renewable = true } = this.lease;
    return renewable && scarce && !probe && !this.#closed && this.inUse > 0 && this.#renewal === "none";
  }

  /** No call may need a renewal. */
  letEnd(): void {
    this.#renewal = "denied";
  }

  /** When to ask for a renewal: before the end, or once the calls are used up. */
  renewAt(): number {
    return this.#requests < 1 ? 0 : this.#expiresAt - RENEW_AHEAD_MS;
  }

  /** Asks for a renewal with what it lacks for `calls` further calls of `meanTokens` each. */
  askRenewal(calls: number, meanTokens: number): Renewal {
    this.#renewal = "asked";
    const left = this.lease.requests === null ? 0 : this.#requests;
    const requests = Math.max(0, calls - left);
    const tokens = Math.max(0, Math.ceil((left + requests) * meanTokens - this.#tokens));
    return { lease: this.lease.id, requests, tokens };
  }

  /** Takes the answer to a renewal that was asked for at `askedAt`; undefined denies it. */
  renew(renewed: Renewed | undefined, askedAt: number, now: number): void {
    this.#renewal = renewed ? "none" : "denied";
    if (!renewed) return;
    if (this.#closed) {
      // It comes after the lease has ended, and goes back.
      this.#report.requests_back += renewed.requests;
      this.#report.tokens_back += renewed.tokens;
      this.#changed(IDLE_MS, now);
      return;
    }
    this.#expiresAt = askedAt + renewed.life_ms;
    this.#requests += renewed.requests;
    this.#tokens += renewed.tokens;
    this.#leaving += renewed.leave;
    const leavingNow = Math.min(this.#free, this.#leaving);
    if (leavingNow > 0) this.giveBack(leavingNow, now);
  }

  /** When the lease next needs attention. */
  dueAt(): number {
    const abortedAt = this.#open.nextAbortedAt();
    if (this.#closed) return Math.min(this.#reportBy, abortedAt);
    const { scarce } = this.lease;
    const end = this.mayRenew() ? this.renewAt() : this.#expiresAt + (scarce ? 0 : SETTLE_MS);
    return Math.min(this.#reportBy, abortedAt, end, scarce && this.#free > 0 ? this.#lookAt : Infinity);
  }

  /** When it must be renewed, or what others wait for be told: of a probe, or slots asked back. */
  urgentAt(): number {
    const renewal = this.mayRenew() ? this.#expiresAt - RENEW_AHEAD_MS : Infinity;
    return Math.min(renewal, this.lease.probe || this.#givesBack ? this.#reportBy : Infinity);
  }

  /** It was looked at. */
  looked(now: number): void {
    if (this.#lookAt <= now) this.#lookAt = now + IDLE_MS;
  }

  isReportDue(now: number): boolean {
    return this.#reportBy <= now;
  }

  /** What the gate has not confirmed, if anything. Unless it is confirmed, it is reported again. */
  report(now: number): LeaseReport | null {
    if (this.#version === this.#confirmedVersion) return null;
    const report = { ...this.#report, used_ago_ms: now - this.#usedBy };
    this.#reportedVersions.set(report, this.#version);
    this.#givesBack = false;
    this.#reportBy = now + SETTLE_MS;
    return report;
  }

  /** Notes that the gate has a report. Returns whether it knows all, and the lease is over. */
  confirm(report: LeaseReport): boolean {
    this.#confirmedVersion = Math.max(this.#confirmedVersion, this.#reportedVersions.get(report) ?? 0);
    if (this.#confirmedVersion < this.#version) return false;
    this.#reportBy = Infinity;
    return this.#closed && this.inUse === 0;
  }

  /** How soon the gate should hear of a call's end, ms. */
  get #tellEndWithinMs(): number {
    const isOfBranch = this.lease.id.startsWith(BRANCH_LEASE);
    if (isOfBranch && this.lease.scarce && this.#requests < 1) return TELL_BRANCH_MS;
    // A lease that nothing waits for is reported when it is over, or renewed.
    if (!this.#closed && (this.lease.scarce || !isCounted(this.lease))) return Infinity;
    return this.lease.scarce ? IDLE_MS : this.lease.tokens === null ? SETTLE_MS : SETTLE_TOKENS_MS;
  }

  #count(reserved: number, spent: number, sentAt: number, now: number): void {
    this.#report.ended += 1;
    this.#report.reserved += reserved;
    this.#report.spent += spent;
    // A response shows that the call had arrived; without one, only the transit time bounds its
    // arrival.
    this.#usedBy = Math.max(this.#usedBy, Math.min(now, sentAt + this.lease.transit_ms));
    this.#release(now);
  }

  #release(now: number): void {
    if (this.#closed) this.#report.slots_back += 1;
    else this.#free += 1;
    this.#changed(this.#tellEndWithinMs, now);
    if (!this.#closed && this.#leaving > 0) this.giveBack(1, now);
  }

  #changed(reportWithinMs: number, now: number): void {
    this.#version += 1;
    this.#reportBy = Math.min(this.#reportBy, now + reportWithinMs);
  }
}
