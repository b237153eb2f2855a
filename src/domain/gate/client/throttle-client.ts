import type { Allowance } from "../../rate-limit-headers.ts";
import type { ThrottleAnswer, ThrottleLimits, ThrottleQuestion } from "../protocol/throttle-messages.ts";
import { DemandEstimator } from "./demand-estimator.ts";
import type { LeaseClient } from "./lease-client.ts";
import { LeasedAmounts } from "./leased-amounts.ts";
import { OpenQuestion } from "./open-question.ts";

/**
 * What became of an attempt to spend a request: it passed, the authority must be asked first, or
 * there is nothing for `wait_ms`.
 */
export type ThrottleVerdict = "passed" | "ask" | { wait_ms: number };

/**
 * The most requests that an isolate passes before it reports them; a tenth of the burst where that
 * is less.
 */
const MAX_CREDIT = 20;
/**
 * How long a granted amount may be spent, in ms from the question. The rest goes back with the next
 * one.
 */
const GRANT_LIFE_MS = 2_000;
/** A question without an answer after this many ms is lost. */
export const ANSWER_WITHIN_MS = 1_000;
/** The time between two questions while the authority does not answer, in ms. */
const ASK_AGAIN_MS = 1_000;

/**
 * An isolate's side of one tenant's throttle. It spends requests that the authority granted, and a
 * small credit before it has any.
 *
 * All isolates together pass at most burst + rate × time + the credit of each: grants come out of
 * the bucket, and an isolate that heard that the bucket runs low has no credit. A lost question
 * counts as heard for what it gave back, and as not heard for what it reported as spent.
 */
export class ThrottleClient implements LeaseClient<ThrottleQuestion, ThrottleAnswer, void> {
  readonly #limits: ThrottleLimits;
  readonly #credit: number;
  readonly #demand = new DemandEstimator();
  readonly #granted = new LeasedAmounts();
  readonly #open = new OpenQuestion<ThrottleQuestion>(ANSWER_WITHIN_MS);
  /** Requests passed on credit that no question has reported. */
  #unreported = 0;
  /** Whether credit may be spent: at least half of the burst was left when last heard. */
  #hasCredit = true;
  #refusedUntil = 0;
  /** While the authority does not answer: when to ask again. */
  #askAgainAt: number | null = null;
  #known: { remaining: number; at: number };

  constructor(limits: ThrottleLimits) {
    this.#limits = limits;
    this.#credit = Math.min(MAX_CREDIT, Math.floor(limits.burst / 10));
    this.#known = { remaining: limits.burst, at: 0 };
  }

  /** Counts a request that comes, so that grants follow the demand. */
  observeCall(now: number): void {
    this.#demand.observeCall(now);
  }

  /** Spends one request. */
  spend(now: number): ThrottleVerdict {
    if (this.#granted.spend(1, now) || this.#askAgainAt !== null) return "passed";
    if (this.#refusedUntil > now) return { wait_ms: this.#refusedUntil - now };
    if (!this.#hasCredit || this.#owed >= this.#credit) return "ask";
    this.#unreported += 1;
    return "passed";
  }

  /** Whether to ask behind the reply: half of the credit is used, or what is held will not last. */
  isDue(now: number): boolean {
    if (this.isAsking()) return false;
    if (this.#askAgainAt !== null) return this.#askAgainAt <= now;
    if (this.#refusedUntil > now) return false;
    const creditIsLow = this.#unreported > 0 && this.#unreported >= this.#credit / 2;
    return creditIsLow || this.#demand.runsLow(this.#granted.left, now, this.#credit);
  }

  isAsking(): boolean {
    return this.#open.question !== null;
  }

  /** The question to send, with `waiting` requests that need its answer. One at a time. */
  question(waiting: number, now: number): ThrottleQuestion {
    const unspent = this.#granted.takeUnspent(now);
    const ahead = this.#demand.ahead(now, this.#credit);
    const question = { spent: this.#unreported, unspent, waiting, ahead };
    this.#open.open(question, now);
    this.#unreported = 0;
    return question;
  }

  /**
   * Takes an answer. An answer to a question that was given up is ignored, and its grant counts as
   * spent.
   */
  receive(question: ThrottleQuestion, { granted, remaining, wait_ms }: ThrottleAnswer, now: number): void {
    const askedAt = this.#open.close(question);
    if (askedAt === null) return;
    this.#granted.add(granted, askedAt + GRANT_LIFE_MS);
    this.#askAgainAt = null;
    this.#hasCredit = remaining >= this.#limits.burst / 2;
    this.#refusedUntil = now + wait_ms;
    this.#known = { remaining, at: now };
  }

  /** Notes that the authority did not answer: until it does, every request passes, uncounted. */
  lose(question: ThrottleQuestion, now: number): void {
    if (this.#open.close(question) === null) return;
    this.#unreported += question.spent;
    this.#askAgainAt = now + ASK_AGAIN_MS;
  }

  /** Gives the open question up if it is lost. Returns whether it was. */
  loseOverdue(now: number): boolean {
    const { question } = this.#open;
    if (question === null || !this.#open.isLost(now)) return false;
    this.lose(question, now);
    return true;
  }

  /** What the tenant has left, as far as this isolate knows. */
  allowance(now: number): Allowance {
    const { rate_per_s, burst } = this.#limits;
    const refilled = Math.min(burst, this.#known.remaining + ((now - this.#known.at) * rate_per_s) / 1000);
    const known = Math.min(burst, refilled + this.#granted.left - this.#owed);
    const remaining = Math.max(0, Math.floor(this.#refusedUntil > now ? 0 : known));
    const reset_ms = ((burst - remaining) * 1000) / rate_per_s;
    return { limit: burst, remaining, reset_ms, window_ms: (burst * 1000) / rate_per_s };
  }

  /** Requests passed on credit that the authority may not know of. */
  get #owed(): number {
    return this.#unreported + (this.#open.question?.spent ?? 0);
  }
}
