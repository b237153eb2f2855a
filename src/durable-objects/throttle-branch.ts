import { BranchThrottle } from "../domain/gate/branch/branch-throttle.ts";
import { ANSWER_WITHIN_MS } from "../domain/gate/client/throttle-client.ts";
import type {
  ThrottleAnswer,
  ThrottleLimits,
  ThrottleObject,
  ThrottleQuestion,
} from "../domain/gate/protocol/throttle-messages.ts";
import type { Clock } from "../lib/clock.ts";
import { withTimeout } from "../lib/deadline.ts";

/** What a {@link ThrottleBranch} needs. */
export interface ThrottleBranchDeps extends Clock {
  root(): ThrottleObject;
}

/** An isolate's question, and how it ends. */
type WaitingQuestion = Omit<PromiseWithResolvers<ThrottleAnswer>, "promise">;

/**
 * A branch of a large tenant's throttle, inside its object. Where the root does not answer, its
 * isolates get no answer either, and do as they do without a throttle. It stores nothing.
 */
export class ThrottleBranch {
  readonly #deps: ThrottleBranchDeps;
  readonly #branch = new BranchThrottle();
  readonly #waiting = new Map<string, WaitingQuestion>();

  constructor(deps: ThrottleBranchDeps) {
    this.#deps = deps;
  }

  /** Grants what the branch holds, after the root was asked where that is too little. */
  async ask(limits: ThrottleLimits, question: ThrottleQuestion): Promise<ThrottleAnswer> {
    const { promise, ...ends } = Promise.withResolvers<ThrottleAnswer>();
    this.#waiting.set(this.#branch.ask(question, this.#deps.now()), ends);
    this.#drive(limits);
    return promise;
  }

  #drive(limits: ThrottleLimits): void {
    this.#answer();
    const question = this.#branch.question(this.#deps.now());
    if (question) void this.#ask(limits, question);
  }

  #answer(): void {
    for (const [ticket, answer] of this.#branch.takeAnswers()) {
      this.#waiting.get(ticket)?.resolve(answer);
      this.#waiting.delete(ticket);
    }
  }

  /** Never rejects. */
  async #ask(limits: ThrottleLimits, question: ThrottleQuestion): Promise<void> {
    const late = () => new Error("The throttle did not answer its branch in time.");
    try {
      const answer = await withTimeout(this.#deps.root().ask(limits, question), ANSWER_WITHIN_MS, late);
      this.#branch.receive(question, answer, this.#deps.now());
    } catch (error) {
      for (const ticket of this.#branch.lose(question)) {
        this.#waiting.get(ticket)?.reject(error);
        this.#waiting.delete(ticket);
      }
      return;
    }
    this.#answer();
    // What nobody waits for is asked with the next question of an isolate, or an empty bucket would
    // be asked without a pause.
    if (this.#waiting.size > 0) this.#drive(limits);
  }
}
