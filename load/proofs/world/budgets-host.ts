import {
  BudgetAuthority,
  type BudgetChanges,
  type StoredBudgets,
} from "../../../src/domain/budgets/authority/budget-authority.ts";
import type { LoanAccount } from "../../../src/domain/budgets/authority/loan-account.ts";
import type { StoredTally } from "../../../src/domain/budgets/authority/tally.ts";
import type { Budget, BudgetState } from "../../../src/domain/budgets/budget.ts";
import type { BudgetsObject } from "../../../src/domain/budgets/protocol/loan-messages.ts";
import type { Judge } from "./judge.ts";
import { LoanLog } from "./loan-log.ts";
import { callObject, type Ground, Memory } from "./network.ts";

/** The object of a tenant's budgets: the authority with its stored rows. */
export class BudgetsHost {
  readonly #ground: Ground;
  readonly #name: string;
  readonly #memory: Memory;
  /** The disk. */
  readonly #budgets: readonly Budget[];
  readonly #tallies = new Map<string, StoredTally>();
  readonly #loans = new Map<string, LoanAccount>();
  /** What the messages of the object said. */
  readonly log: LoanLog;
  #authority: BudgetAuthority;

  constructor(ground: Ground, tenantId: string, budgets: readonly Budget[], judge: Judge) {
    this.#ground = ground;
    this.#name = `budgets ${tenantId}`;
    this.#memory = new Memory(this.#name);
    this.#budgets = budgets;
    this.log = new LoanLog(budgets, judge);
    this.#authority = this.#start();
  }

  evict(): void {
    this.#memory.evict();
    this.#authority = this.#start();
  }

  /** The object as Workers call it. */
  stub(): Pick<BudgetsObject, "ask" | "budgets"> {
    const { clock } = this.#ground;
    return {
      ask: async (question) => {
        const sent = structuredClone(question);
        const ask = () => {
          const answer = this.#authority.ask(sent, clock.now());
          this.#store(this.#authority.takeChanges());
          this.log.note(sent, answer, clock.now());
          return answer;
        };
        return callObject(this.#ground, this.#memory, `${this.#name} ask`, ask, true);
      },
      budgets: async () => [...this.#budgets],
    };
  }

  /** How every budget stands now. */
  states(): BudgetState[] {
    return this.#authority.states(this.#ground.clock.now());
  }

  /** When the next loan expires that nobody reports on, Unix ms; Infinity where there is none. */
  get nextExpiry(): number {
    return this.#authority.nextExpiry;
  }

  #start(): BudgetAuthority {
    const stored: StoredBudgets = {
      budgets: this.#budgets,
      tallies: [...this.#tallies.values()],
      loans: [...this.#loans.values()],
    };
    return new BudgetAuthority(structuredClone(stored), this.#ground.clock.now());
  }

  #store({ loans, ended, tallies }: BudgetChanges): void {
    for (const loan of loans) this.#loans.set(loan.id, structuredClone(loan));
    for (const id of ended) this.#loans.delete(id);
    for (const tally of tallies) this.#tallies.set(`${tally.scope} ${tally.window}`, structuredClone(tally));
  }
}
