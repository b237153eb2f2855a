import { DemandEstimator } from "../../gate/client/demand-estimator.ts";
import type { LeaseClient } from "../../gate/client/lease-client.ts";
import { LeasedAmounts } from "../../gate/client/leased-amounts.ts";
import { OpenQuestion } from "../../gate/client/open-question.ts";
import type { LoanAnswer, LoanQuestion, Shortage } from "../protocol/loan-messages.ts";

/**
 * Money reserved for one call, in nano-dollars. After `ends_by` (Unix ms) nobody will settle it.
 */
export interface MoneyReservation {
  readonly amount: number;
  readonly ends_by: number;
}

/**
 * What became of an attempt to reserve: it is reserved, the authority must be asked first, does not
 * answer, or had too little; `wait_ms` is then the time until it is asked again.
 */
export type ReserveVerdict =
  { reserved: MoneyReservation } | "ask" | "unanswered" | { short: Shortage; wait_ms: number };

/** A question without an answer after this many ms is lost. */
export const LOAN_ANSWER_WITHIN_MS = 2_000;
/**
 * The time between two questions while the authority does not answer, in ms: it doubles up to the
 * second, so that isolates leave an object time that has too much to do.
 */
const ASK_AGAIN_MS = 250;
const LONGEST_ASK_AGAIN_MS = 2_000;
/** The least time between two questions while there is too little, in ms. */
const SHORT_WAIT_MS = 250;
/** What is asked ahead is for the demand of this time, in ms, and of a good pace beside it. */
const AHEAD_MS = 1_000;
const AHEAD_PACES = 4 / 3;
/** Fewer calls than this are not worth money ahead. */
const MIN_AHEAD = 4;
/** Money is asked ahead where less than this part of it is held, and by any report below the other. */
const LOW = 1 / 4;
const TOP_UP = 1 / 2;
/** How long the authority waits for a silent loan, in ms: longer than the longest call. */
const LOAN_LIFE_MS = 900_000;
/**
 * An isolate that nobody calls for this long keeps nothing more, in ms: what its last request
 * deferred ends 30 s after the response, and what is held then would be lost.
 */
const IDLE_MS = 10_000;
/** Amounts that may be kept until about the same time are kept as one, in ms. */
const KEEP_STEP_MS = 50;
/** The weight of the newest amount in the mean. */
const MEMORY = 0.2;

/**
 * An isolate's side of one loan: it reserves out of money that it was lent, without asking, and
 * settles each call at its cost. What it does not need goes back soon. It never spends what it was
 * not lent: without an answer of the authority there is no money.
 */
export class LoanClient implements LeaseClient<LoanQuestion, LoanAnswer, void> {
  readonly #id: string;
  readonly #scopes: readonly string[];
  readonly #demand = new DemandEstimator();
  readonly #held = new LeasedAmounts();
  readonly #open = new OpenQuestion<LoanQuestion>(LOAN_ANSWER_WITHIN_MS);
  readonly #reserved = new Set<MoneyReservation>();
  #meanAmount = 0;
  #seq = 0;
  /** Totals since the loan began. */
  #granted = 0;
  #spent = 0;
  #returned = 0;
  #keepMs = 0;
  #paceMs = 0;
  /** Nothing is asked ahead before this. */
  #aheadAt = 0;
  /** Since when there is something to tell the authority; null where it knows everything. */
  #newsSince: number | null = null;
  #short: { shortage: Shortage; until: number; at_least_until: number } | null = null;
  #askAgainAt: number | null = null;
  /** Questions in a row that were lost. */
  #losses = 0;
  /** The `traceparent` of the last call that came, and of the last that was settled. */
  #neededBy: string | undefined;
  #spentBy: string | undefined;
  #isOver = false;
  /** When a call came or ended, or was asked for. */
  #activeAt = -Infinity;

  constructor(id: string, scopes: readonly string[]) {
    this.#id = id;
    this.#scopes = scopes;
  }

  /** Whether the loan gets nothing more: another one must be opened. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Counts a call that comes, so that what is lent follows the demand. */
  observeCall(amount: number, now: number, traceparent?: string): void {
    this.#demand.observeCall(now);
    this.#activeAt = now;
    this.#neededBy = traceparent;
    this.#meanAmount = this.#meanAmount === 0 ? amount : this.#meanAmount + MEMORY * (amount - this.#meanAmount);
  }

  /** Reserves an amount out of what is held. */
  reserve(amount: number, ends_by: number, now: number): ReserveVerdict {
    this.#spendVanished(now);
    if (this.#held.spendTogether(amount, now)) {
      const reserved = { amount, ends_by };
      this.#reserved.add(reserved);
      return { reserved };
    }
    if (this.#askAgainAt !== null && this.#askAgainAt > now) return "unanswered";
    const wait_ms = this.#refusedUntil(amount) - now;
    return this.#short === null || wait_ms <= 0 ? "ask" : { short: this.#short.shortage, wait_ms };
  }

  /** Ends a reservation at what its call cost. What is left of it serves the next calls. */
  settle(reservation: MoneyReservation, cost: number, now: number, traceparent?: string): void {
    if (!this.#reserved.delete(reservation)) return;
    this.#activeAt = now;
    if (cost > 0) this.#spentBy = traceparent;
    this.#spent += cost;
    this.#keepHeld(reservation.amount - cost, now);
    // A call that cost more than its reservation takes the difference from what is held.
    if (cost > reservation.amount) this.#held.spendTogether(Math.min(cost - reservation.amount, this.#held.left), now);
    this.#newsSince ??= now;
  }

  /** Whether to ask behind the reply, because what is held will not last. */
  isDue(now: number): boolean {
    if (this.#isOver || this.isAsking() || this.#meanAmount === 0) return false;
    if (Math.max(this.#aheadAt, this.#askAgainAt ?? 0, this.#refusedUntil(this.#meanAmount)) > now) return false;
    return this.#held.left < LOW * this.#expected(now);
  }

  /** When to tell the authority what it does not know; null where there is nothing to tell. */
  dueAt(): number | null {
    if (this.#newsSince === null || this.isAsking()) return null;
    const keptUntil = this.#newsSince + this.#keepMs + KEEP_STEP_MS;
    const idleAt = Math.max(this.#newsSince, this.#activeAt + IDLE_MS);
    return Math.max(Math.min(keptUntil, idleAt), this.#askAgainAt ?? 0);
  }

  isAsking(): boolean {
    return this.#open.question !== null;
  }

  /** Whether the loan may be forgotten: nothing is reserved, and nothing is left to tell. */
  isIdle(): boolean {
    return this.#reserved.size === 0 && this.#newsSince === null && !this.isAsking();
  }

  /** The question to send, with the amounts that waiting callers need. One at a time. */
  question(amounts: readonly number[], now: number): LoanQuestion {
    this.#spendVanished(now);
    if (amounts.length > 0) this.#activeAt = now;
    const isIdle = now >= this.#activeAt + IDLE_MS;
    this.#returned += isIdle ? this.#held.takeAll() : this.#held.takeUnspent(now);
    const [spent, returned] = [this.#spent, this.#returned];
    const expected = this.#isOver || isIdle ? 0 : this.#expected(now);
    const ahead = this.#held.left < TOP_UP * expected ? Math.round(expected) - this.#held.left : 0;
    const [loan, scopes, life_ms] = [this.#id, this.#scopes, LOAN_LIFE_MS];
    const needs = this.#shortOf(amounts);
    const largest = Math.max(0, ...amounts);
    const traces = {
      ...(this.#spentBy !== undefined && { spent_by: this.#spentBy }),
      ...(this.#neededBy !== undefined && { needed_by: this.#neededBy }),
    };
    const question = { loan, scopes, seq: ++this.#seq, spent, returned, needs, largest, ahead, life_ms, ...traces };
    this.#open.open(question, now);
    return question;
  }

  /** Takes an answer, even a late one: its total says what was lent by any answer that was lost. */
  receive(question: LoanQuestion, answer: LoanAnswer, now: number): void {
    const { granted, keep_ms, pace_ms = 0, over, short } = answer;
    const isOpen = this.#open.close(question) !== null;
    this.#keepMs = keep_ms;
    this.#paceMs = pace_ms;
    // Who got less than was asked would ask again with every call.
    const isLess = question.ahead > 0 && granted - this.#granted < question.ahead;
    this.#aheadAt = now + Math.max(pace_ms, isLess ? SHORT_WAIT_MS : 0);
    this.#isOver ||= over;
    this.#keepHeld(granted - this.#granted, now);
    this.#granted = Math.max(this.#granted, granted);
    if (!isOpen) {
      // What a late answer lent to a loan that has had its last report would never be given back.
      if (this.#held.left > 0) this.#newsSince ??= now;
      return;
    }
    this.#askAgainAt = null;
    this.#losses = 0;
    const at_least_until = now + SHORT_WAIT_MS;
    this.#short = short && { shortage: short, until: Math.max(at_least_until, now + keep_ms), at_least_until };
    const isTold = question.spent === this.#spent && question.returned === this.#returned;
    this.#newsSince = isTold && this.#held.left === 0 ? null : now;
  }

  /** Notes that the authority did not answer. */
  lose(question: LoanQuestion, now: number): void {
    if (this.#open.close(question) === null) return;
    this.#askAgainAt = now + Math.min(LONGEST_ASK_AGAIN_MS, ASK_AGAIN_MS * 2 ** this.#losses);
    this.#losses += 1;
    this.#newsSince ??= now;
  }

  /** Gives the open question up if it is lost. Returns whether it was. */
  loseOverdue(now: number): boolean {
    const { question } = this.#open;
    if (question === null || !this.#open.isLost(now)) return false;
    this.lose(question, now);
    return true;
  }

  /** Until when an amount is refused unasked. What was left then may serve less than was refused. */
  #refusedUntil(amount: number): number {
    if (this.#short === null) return -Infinity;
    const { shortage, until, at_least_until } = this.#short;
    return amount <= shortage.remaining ? at_least_until : until;
  }

  /** What the calls to come will need until the authority wants to be asked again. */
  #expected(now: number): number {
    const calls = this.#demand.calls(now, AHEAD_MS + AHEAD_PACES * this.#paceMs);
    return calls < MIN_AHEAD ? 0 : calls * this.#meanAmount;
  }

  #keepHeld(amount: number, now: number): void {
    this.#held.add(amount, Math.ceil((now + this.#keepMs) / KEEP_STEP_MS) * KEEP_STEP_MS);
  }

  /** What each caller is short of, after what is held has served the first of them in part. */
  #shortOf(amounts: readonly number[]): number[] {
    let { left } = this.#held;
    return amounts.flatMap((amount) => {
      const missing = Math.max(0, amount - left);
      left = Math.max(0, left - amount);
      return missing > 0 ? [missing] : [];
    });
  }

  /** A call that nobody settled in time may have cost all that was reserved for it. */
  #spendVanished(now: number): void {
    for (const reservation of this.#reserved) {
      if (reservation.ends_by > now) continue;
      this.#reserved.delete(reservation);
      this.#spent += reservation.amount;
      this.#newsSince ??= now;
    }
  }
}
