import { BUDGET_WINDOWS, type BudgetWindow, windowStart } from "../budget-window.ts";
import { lentIn, type LoanAccount } from "./loan-account.ts";
import type { StoredTally, Tally } from "./tally.ts";

/**
 * The windows of all scopes. A loan counts in the windows of its day, however late its report
 * comes.
 */
export class Tallies {
  readonly #tallies = new Map<string, Tally>();
  /** Tallies whose stored part changed. */
  readonly #changed = new Set<Tally>();

  constructor(stored: readonly StoredTally[], loans: readonly LoanAccount[]) {
    for (const tally of stored) this.#tallies.set(keyOf(tally), { ...tally, live: 0, lent: 0, loans: 0 });
    for (const loan of loans) this.count(null, loan);
  }

  /** The tally of the window that contains `at`; null where a later window has begun. */
  of(scope: string, window: BudgetWindow, at: number): Tally | null {
    const start = windowStart(window, at);
    const key = keyOf({ scope, window });
    const known = this.#tallies.get(key);
    if (known && known.start >= start) return known.start === start ? known : null;
    const fresh: Tally = { scope, window, start, settled: 0, live: 0, lent: 0, loans: 0, alerted: [] };
    this.#tallies.set(key, fresh);
    return fresh;
  }

  /** Counts what changed in a loan: `before` is null where it is new. */
  count(before: LoanAccount | null, after: LoanAccount): void {
    for (const tally of this.#touchedBy(after)) {
      tally.live += after.spent - (before?.spent ?? 0);
      tally.lent += lentIn(after) - (before ? lentIn(before) : 0);
      tally.loans += before ? 0 : 1;
    }
  }

  /** Takes a loan out of the books. What it has not given back counts as spent. */
  end(loan: LoanAccount): void {
    for (const tally of this.#touchedBy(loan)) {
      tally.live -= loan.spent;
      tally.lent -= lentIn(loan);
      tally.loans -= 1;
      tally.settled += loan.spent + lentIn(loan);
      this.#changed.add(tally);
    }
  }

  /** Notes thresholds whose alerts are due. */
  markAlerted(tally: Tally, thresholds: readonly number[]): void {
    tally.alerted = [...tally.alerted, ...thresholds];
    this.#changed.add(tally);
  }

  /** The tallies to store since the last call. */
  takeChanged(): StoredTally[] {
    const changed = [...this.#changed].map(({ live: _live, lent: _lent, loans: _loans, ...stored }) => stored);
    this.#changed.clear();
    return changed;
  }

  #touchedBy({ scopes, day }: LoanAccount): Tally[] {
    return scopes.flatMap((scope) => BUDGET_WINDOWS.flatMap((window) => this.of(scope, window, day) ?? []));
  }
}

function keyOf({ scope, window }: Pick<Tally, "scope" | "window">): string {
  return `${window}/${scope}`;
}
