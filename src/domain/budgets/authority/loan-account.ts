/**
 * A loan in the books of the authority, in nano-dollars since it began. `day` is the start of the
 * UTC day whose windows it belongs to, and `expires_at` when it counts as spent unless it is heard
 * of before; both in Unix ms.
 */
export interface LoanAccount {
  id: string;
  scopes: readonly string[];
  day: number;
  /** The number of the last question that was answered. */
  seq: number;
  granted: number;
  spent: number;
  returned: number;
  expires_at: number;
}

/** What of a loan is neither spent nor given back. */
export function lentIn({ granted, spent, returned }: LoanAccount): number {
  return Math.max(0, granted - spent - returned);
}

/**
 * The loan after a report. Totals only grow, and what was not lent cannot be given back. A call
 * that cost more than its reservation counts in full.
 */
export function reported(loan: LoanAccount, { spent, returned }: { spent: number; returned: number }): LoanAccount {
  const total = Math.max(loan.spent, spent);
  const most = Math.max(loan.returned, loan.granted - total);
  return { ...loan, spent: total, returned: Math.min(Math.max(loan.returned, returned), most) };
}
