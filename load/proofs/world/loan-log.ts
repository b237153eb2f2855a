import { type Budget, limitIn } from "../../../src/domain/budgets/budget.ts";
import { BUDGET_WINDOWS, type BudgetWindow, windowStart } from "../../../src/domain/budgets/budget-window.ts";
import type { LoanAnswer, LoanQuestion } from "../../../src/domain/budgets/protocol/loan-messages.ts";
import type { Judge } from "./judge.ts";

/** A loan as its messages show it, in nano-dollars. `day` in Unix ms. */
interface SeenLoan {
  day: number;
  scopes: readonly string[];
  granted: number;
  spent: number;
  returned: number;
}

/** What was lent in one window of a scope and never came back, so that it counts as spent. */
export interface LentWindow {
  scope: string;
  window: BudgetWindow;
  start: number;
  limit: number;
  kept: number;
}

/**
 * The loans of a tenant by the messages about them. In no window may more be lent than its limit,
 * less what came back. A loan belongs to the day on which it began.
 */
export class LoanLog {
  readonly #budgets: readonly Budget[];
  readonly #judge: Judge;
  readonly #loans = new Map<string, SeenLoan>();

  constructor(budgets: readonly Budget[], judge: Judge) {
    this.#budgets = budgets;
    this.#judge = judge;
  }

  /** A question was answered at `now`, Unix ms. */
  note({ loan: id, scopes, spent, returned }: LoanQuestion, { granted }: LoanAnswer, now: number): void {
    const fresh: SeenLoan = { day: windowStart("daily", now), scopes, granted: 0, spent: 0, returned: 0 };
    const loan = this.#loans.get(id) ?? fresh;
    this.#loans.set(id, loan);
    const isMore = granted > loan.granted;
    loan.granted = Math.max(loan.granted, granted);
    loan.spent = Math.max(loan.spent, spent);
    loan.returned = Math.max(loan.returned, Math.min(returned, loan.granted - loan.spent));
    if (!isMore) return;
    for (const { scope, window, start, limit, kept } of this.windows()) {
      if (kept <= limit) continue;
      this.#judge.accuse("purse", `the ${window} budget of ${scope} from ${start} lent ${kept} of ${limit}`);
    }
  }

  /** The day that a loan belongs to. */
  dayOf(id: string): number | undefined {
    return this.#loans.get(id)?.day;
  }

  /** Every window in which something was lent. */
  windows(): LentWindow[] {
    const windows = new Map<string, LentWindow>();
    for (const { day, scopes, granted, returned } of this.#loans.values()) {
      for (const { scope, window, limit } of this.#limitsOf(scopes)) {
        const start = windowStart(window, day);
        const name = `${scope} ${window} ${start}`;
        const known = windows.get(name) ?? { scope, window, start, limit, kept: 0 };
        known.kept += granted - returned;
        windows.set(name, known);
      }
    }
    return [...windows.values()];
  }

  #limitsOf(scopes: readonly string[]) {
    return this.#budgets.flatMap((budget) =>
      BUDGET_WINDOWS.flatMap((window) => {
        const limit = limitIn(budget, window);
        return limit === null || !scopes.includes(budget.scope) ? [] : [{ scope: budget.scope, window, limit }];
      }),
    );
  }
}
