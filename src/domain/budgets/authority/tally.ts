import type { BudgetWindow } from "../budget-window.ts";

/**
 * What a scope's present window counts, in nano-dollars. `start` in Unix ms. Loans that the books
 * still hold add to `live` and `lent`; those that have ended are in `settled`, which is stored.
 */
export interface Tally {
  scope: string;
  window: BudgetWindow;
  start: number;
  settled: number;
  live: number;
  lent: number;
  /** The loans of its day that the books still hold. */
  loans: number;
  /** The thresholds whose alerts were due in this window. */
  alerted: readonly number[];
}

/** A tally as it is stored: without the loans that are stored beside it. */
export type StoredTally = Omit<Tally, "live" | "lent" | "loans">;

/** What was spent in the window. */
export function spentIn({ settled, live }: Tally): number {
  return settled + live;
}
