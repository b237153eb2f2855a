import {
  BudgetAuthority,
  type BudgetChanges,
  type StoredBudgets,
} from "../../src/domain/budgets/authority/budget-authority.ts";
import type { LoanAccount } from "../../src/domain/budgets/authority/loan-account.ts";
import type { StoredTally } from "../../src/domain/budgets/authority/tally.ts";
import type { Budget } from "../../src/domain/budgets/budget.ts";
import type { BudgetsObject } from "../../src/domain/budgets/protocol/loan-messages.ts";
import { type Ground, type ObjectShare, ObjectSite } from "./object-site.ts";
import type { Place } from "./places.ts";

/** The object of a tenant's budgets: the authority itself, with its stored rows. */
export class BudgetsHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #budgets: readonly Budget[];
  readonly #tallies = new Map<string, StoredTally>();
  readonly #loans = new Map<string, LoanAccount>();
  #authority: BudgetAuthority;

  constructor(ground: Ground, name: string, place: Place, shape: BudgetsShape) {
    this.#ground = ground;
    this.#budgets = shape.budgets;
    this.site = new ObjectSite(ground, { className: "TenantBudgets", name }, place, shape);
    this.#authority = this.#start();
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#authority = this.#start();
  }

  stub(from: Place): Pick<BudgetsObject, "ask"> {
    const { clock } = this.#ground;
    return {
      ask: async (question) =>
        this.site.call(from, () => {
          const reply = this.#authority.ask(structuredClone(question), clock.now());
          return { reply, rows: this.#store(this.#authority.takeChanges()) };
        }),
    };
  }

  #start(): BudgetAuthority {
    const stored: StoredBudgets = {
      budgets: this.#budgets,
      tallies: [...this.#tallies.values()],
      loans: [...this.#loans.values()],
    };
    return new BudgetAuthority(structuredClone(stored), this.#ground.clock.now());
  }

  #store({ loans, ended, tallies }: BudgetChanges): number {
    for (const loan of loans) this.#loans.set(loan.id, structuredClone(loan));
    for (const id of ended) this.#loans.delete(id);
    for (const tally of tallies) this.#tallies.set(`${tally.scope} ${tally.window}`, structuredClone(tally));
    const rows = loans.length + ended.length + tallies.length;
    this.site.noteRows(rows);
    return rows;
  }
}

/** A tenant's budgets. */
export interface BudgetsShape extends ObjectShare {
  budgets: readonly Budget[];
}
