import { LOAN_ANSWER_WITHIN_MS } from "../domain/budgets/client/loan-client.ts";
import type { BudgetsObject, LoanAnswer, LoanQuestion } from "../domain/budgets/protocol/loan-messages.ts";
import { windowEnd } from "../domain/budgets/budget-window.ts";
import { OBJECT_TIMES, Pace, type WorkTimes } from "../domain/pace.ts";
import type { Clock } from "../lib/clock.ts";

/** What a {@link BudgetsBranch} needs. */
export interface BudgetsBranchDeps extends Clock {
  root(): Pick<BudgetsObject, "askTogether">;
  sleep(ms: number): Promise<void>;
  /** Those of its object, unless given. */
  times?: WorkTimes;
}

/** The least time between two requests to the root, ms: 36 branches ask it 144 times a second. */
export const TOGETHER_EVERY_MS = 250;
/** Questions that one request takes along at most. */
const MOST_TOGETHER = 500;

/** An isolate's question, when it came, and how it ends. */
interface WaitingQuestion extends Omit<PromiseWithResolvers<LoanAnswer>, "promise"> {
  question: LoanQuestion;
  at: number;
}

/**
 * A branch of a large tenant's budgets, inside its object: passes the questions of its region on to
 * the root, those that wait in one request. It holds no money and stores nothing, so nothing is lost
 * with it but questions, which isolates ask again. Its isolates keep to its own pace, too.
 */
export class BudgetsBranch {
  readonly #deps: BudgetsBranchDeps;
  readonly #pace = new Pace();
  #waiting: WaitingQuestion[] = [];
  #isPassing = false;
  #passedAt = -Infinity;

  constructor(deps: BudgetsBranchDeps) {
    this.#deps = deps;
  }

  /** Rejects where the root does not answer. */
  async ask(question: LoanQuestion): Promise<LoanAnswer> {
    const { promise, ...ends } = Promise.withResolvers<LoanAnswer>();
    this.#waiting.push({ question, at: this.#deps.now(), ...ends });
    void this.#passOn();
    const answer = await promise;
    return this.#paced(question, answer);
  }

  #paced({ loan }: LoanQuestion, answer: LoanAnswer): LoanAnswer {
    const now = this.#deps.now();
    this.#pace.count(loan, (this.#deps.times ?? OBJECT_TIMES).request_ms, now);
    const pace_ms = this.#pace.ms(now);
    if (answer.over || pace_ms <= answer.keep_ms) return answer;
    const keep_ms = Math.max(answer.keep_ms, Math.min(pace_ms, windowEnd("daily", now) - now));
    return { ...answer, keep_ms, pace_ms: Math.max(pace_ms, answer.pace_ms ?? 0) };
  }

  /** Passes on what waits, one request after the other. Never rejects. */
  async #passOn(): Promise<void> {
    if (this.#isPassing) return;
    this.#isPassing = true;
    try {
      while (this.#waiting.length > 0) {
        const pause = this.#passedAt + TOGETHER_EVERY_MS - this.#deps.now();
        if (pause > 0) await this.#deps.sleep(pause);
        await this.#pass(this.#waiting.splice(0, MOST_TOGETHER));
      }
    } finally {
      this.#isPassing = false;
    }
  }

  async #pass(all: readonly WaitingQuestion[]): Promise<void> {
    const now = this.#deps.now();
    this.#passedAt = now;
    // What its isolate has given up is asked again, with a greater number.
    const some = all.filter(({ at }) => now - at < LOAN_ANSWER_WITHIN_MS);
    for (const each of all) if (!some.includes(each)) each.reject(unanswered());
    if (some.length === 0) return;
    await Promise.race([this.#answer(some), this.#deps.sleep(LOAN_ANSWER_WITHIN_MS)]);
  }

  /**
   * Passes the root's answers on, however late: an isolate must hear of what a late one lent, and
   * may have no other question that tells it. Never rejects.
   */
  async #answer(some: readonly WaitingQuestion[]): Promise<void> {
    try {
      const answers = await this.#deps.root().askTogether(some.map(({ question }) => question));
      for (const [index, { resolve, reject }] of some.entries()) {
        const answer = answers[index];
        if (answer) resolve(answer);
        else reject(unanswered());
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}

function unanswered(): Error {
  return new Error("The budgets did not answer their branch in time.");
}
