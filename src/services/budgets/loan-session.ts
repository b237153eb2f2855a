import {
  LOAN_ANSWER_WITHIN_MS,
  type LoanClient,
  type MoneyReservation,
  type ReserveVerdict,
} from "../../domain/budgets/client/loan-client.ts";
import type { BudgetsObject } from "../../domain/budgets/protocol/loan-messages.ts";
import { askAuthority, type AuthorityDeps } from "../gate/ask-authority.ts";
import { DueWork } from "../gate/due-work.ts";

/**
 * What a {@link LoanSession} needs. A stub of the object belongs to the request that asks for it.
 */
export interface LoanSessionDeps extends AuthorityDeps {
  object(): Pick<BudgetsObject, "ask">;
}

/**
 * How often a caller looks for the answer to another caller's question, in ms. A promise must not
 * be shared between requests.
 */
const LOOK_EVERY_MS = 5;

/** An isolate's dealings with a tenant's budgets over one loan: asks, reports, and gives back. */
export class LoanSession {
  readonly #deps: LoanSessionDeps;
  readonly #client: LoanClient;
  /** What the callers that wait for money need, the first to come first. */
  readonly #needs: () => readonly number[];
  /** What the budgets must hear of in time, unless a question takes the news along before. */
  readonly #news: DueWork;

  constructor(deps: LoanSessionDeps, client: LoanClient, needs: () => readonly number[]) {
    this.#deps = deps;
    this.#client = client;
    this.#needs = needs;
    this.#news = new DueWork(deps, { dueAt: () => client.dueAt(), run: async () => this.#tell() });
  }

  /** Whether the loan gets nothing more: another one must be opened. */
  get isOver(): boolean {
    return this.#client.isOver;
  }

  isIdle(): boolean {
    return this.#client.isIdle();
  }

  observeCall(amount: number, traceparent?: string): void {
    this.#client.observeCall(amount, this.#deps.now(), traceparent);
  }

  reserve(amount: number, endsBy: number): ReserveVerdict {
    const now = this.#deps.now();
    if (this.#client.loseOverdue(now)) {
      this.#deps.onFault("budgets_unanswered", new Error("The budgets did not answer in time."));
    }
    return this.#client.reserve(amount, endsBy, now);
  }

  settle(reservation: MoneyReservation, cost: number, traceparent?: string): void {
    this.#client.settle(reservation, cost, this.#deps.now(), traceparent);
    this.askAhead();
  }

  /** Asks behind the reply where what is held will not last, and plans the next report. */
  askAhead(): void {
    if (this.#client.isDue(this.#deps.now())) this.#deps.defer(this.#ask());
    this.#news.plan();
  }

  /** Waits for an answer: a moment if another caller asked, or else to a question of its own. */
  async answer(): Promise<void> {
    if (this.#client.isAsking()) return this.#deps.sleep(LOOK_EVERY_MS);
    const asking = this.#ask();
    this.#deps.defer(asking);
    await Promise.race([asking, this.#deps.sleep(LOAN_ANSWER_WITHIN_MS)]);
  }

  async #ask(): Promise<void> {
    const deps = this.#deps;
    await askAuthority(deps, {
      question: this.#client.question(this.#needs(), deps.now()),
      client: this.#client,
      send: async (question) => deps.object().ask(question),
      fault: "budgets_unanswered",
    });
    this.#news.plan();
  }

  async #tell(): Promise<void> {
    const next = this.#client.dueAt();
    if (next !== null && next <= this.#deps.now()) await this.#ask();
  }
}
