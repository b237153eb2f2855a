import { DemandEstimator } from "../client/demand-estimator.ts";
import { LeasedAmounts } from "../client/leased-amounts.ts";
import { OpenQuestion } from "../client/open-question.ts";
import { ANSWER_WITHIN_MS } from "../client/throttle-client.ts";
import type { ThrottleAnswer, ThrottleQuestion } from "../protocol/throttle-messages.ts";

/** How long what the root granted may be lent on, in ms from the question. The rest goes back. */
const GRANT_LIFE_MS = 2_000;

/** An isolate's question that waits for the root's answer. */
interface PendingQuestion {
  ticket: string;
  question: ThrottleQuestion;
  asked_at: number;
  /** What it told of and the branch has to pass on. */
  spent: number;
}

/**
 * A branch of a tenant's throttle: to the root it is one isolate, to the isolates of its place it
 * is the throttle. It grants only what the root granted to it, and what isolates gave back; what
 * they spent on credit it tells the root. So all isolates together pass at most what they would
 * without it. It stores nothing: what a branch held that is gone counts as spent. Times are epoch ms.
 */
export class BranchThrottle {
  readonly #demand = new DemandEstimator();
  readonly #held = new LeasedAmounts();
  readonly #open = new OpenQuestion<ThrottleQuestion>(ANSWER_WITHIN_MS);
  #pending: PendingQuestion[] = [];
  /** How many of them the open question asks for. */
  #asked = 0;
  #answers: [ticket: string, answer: ThrottleAnswer][] = [];
  /** Spent on credit, and not told to the root. */
  #spent = 0;
  #remaining = 0;
  #refusedUntil = 0;
  #tickets = 0;

  /** Takes an isolate's question. {@link takeAnswers} has its answer, at once or after the root's. */
  ask(question: ThrottleQuestion, now: number): string {
    const ticket = `t${(this.#tickets += 1)}`;
    this.#spent += question.spent;
    this.#held.add(question.unspent, now + GRANT_LIFE_MS);
    const wanted = Math.max(1, question.waiting + question.ahead);
    for (let request = 0; request < wanted; request += 1) this.#demand.observeCall(now);
    this.#pending.push({ ticket, question, asked_at: now, spent: question.spent });
    if (this.#held.leftAt(now) >= wanted || this.#refusedUntil > now) this.#answer(now);
    return ticket;
  }

  takeAnswers(): [ticket: string, answer: ThrottleAnswer][] {
    return this.#answers.splice(0);
  }

  /** The question that should go to the root now; null where none should. One at a time. */
  question(now: number): ThrottleQuestion | null {
    if (this.#open.isAwaited(now)) return null;
    const sumOf = (name: "waiting" | "ahead") => this.#pending.reduce((sum, { question }) => sum + question[name], 0);
    const [waiting, expected] = [sumOf("waiting"), sumOf("ahead") + this.#demand.ahead(now)];
    const isDue = this.#pending.length > 0 || this.#demand.runsLow(this.#held.left, now);
    if (!isDue || this.#refusedUntil > now) return null;
    const unspent = this.#held.takeUnspent(now);
    const missing = Math.max(0, waiting - this.#held.left);
    const ahead = Math.max(0, expected - Math.max(0, this.#held.left - waiting));
    // The root may not have heard of the question that was lost.
    this.#spent += this.#open.question?.spent ?? 0;
    this.#leaveToIsolates(this.#pending.filter(({ asked_at }) => now - asked_at >= ANSWER_WITHIN_MS));
    const question = { spent: this.#spent, unspent, waiting: missing, ahead };
    this.#spent = 0;
    this.#asked = this.#pending.length;
    this.#open.open(question, now);
    return question;
  }

  /** Takes the root's answer. One to a question that was given up is ignored, as an isolate does. */
  receive(question: ThrottleQuestion, { granted, remaining, wait_ms }: ThrottleAnswer, now: number): void {
    const askedAt = this.#open.close(question);
    if (askedAt === null) return;
    this.#held.add(granted, askedAt + GRANT_LIFE_MS);
    this.#remaining = remaining;
    this.#refusedUntil = now + wait_ms;
    this.#answer(now, this.#asked);
  }

  /** The root did not answer: what was spent is told again. Returns the questions without an answer. */
  lose(question: ThrottleQuestion): string[] {
    if (this.#open.close(question) === null) return [];
    this.#spent += question.spent;
    this.#leaveToIsolates(this.#pending);
    return this.#pending.splice(0).map(({ ticket }) => ticket);
  }

  /**
   * Isolates without an answer tell again what they spent. Were it kept here as well, it would count
   * once more for each second that the root is away.
   */
  #leaveToIsolates(unanswered: readonly PendingQuestion[]): void {
    for (const pending of unanswered) {
      this.#spent -= pending.spent;
      pending.spent = 0;
    }
  }

  /**
   * Serves waiting callers of all isolates first, then what isolates expect, as far as it goes.
   * Questions that came while one was at the root wait for the next one, unless it refused: it is
   * about the `asked` ones.
   */
  #answer(now: number, asked = 0): void {
    const count = this.#refusedUntil > now ? Infinity : Math.max(asked, this.#served(now));
    const pending = this.#pending.splice(0, count);
    this.#asked = Math.max(0, this.#asked - pending.length);
    const granted = pending.map(({ question }) => this.#grant(question.waiting, now));
    for (const [index, { ticket, question }] of pending.entries()) {
      const served = granted[index] ?? 0;
      const isShort = served < question.waiting;
      const more = isShort ? 0 : this.#grant(question.ahead, now);
      const wait_ms = isShort ? Math.max(1, this.#refusedUntil - now) : 0;
      this.#answers.push([ticket, { granted: served + more, remaining: this.#remaining + this.#held.left, wait_ms }]);
    }
  }

  /** How many questions, the oldest first, what is held serves. */
  #served(now: number): number {
    let left = this.#held.leftAt(now);
    const first = this.#pending.findIndex(({ question }) => (left -= question.waiting) < 0);
    return first < 0 ? this.#pending.length : first;
  }

  /** As many of `wanted` requests as there are. */
  #grant(wanted: number, now: number): number {
    const some = Math.min(wanted, Math.floor(this.#held.leftAt(now)));
    return some > 0 && this.#held.spendTogether(some, now) ? some : 0;
  }
}
