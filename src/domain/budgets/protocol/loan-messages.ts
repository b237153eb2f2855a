import type { Author } from "../../audit/audit-entry.ts";
import type { Budget, BudgetAlert, BudgetState } from "../budget.ts";

/**
 * An isolate's report and question about one of its loans. A loan is money of one set of scopes,
 * lent in blocks for the calls of one UTC day. All amounts are nano-dollars. `spent` and `returned`
 * are totals since the loan began, so lost, repeated and reordered messages are harmless.
 */
export interface LoanQuestion {
  /** An id unlike that of any other loan. */
  loan: string;
  scopes: readonly string[];
  /** Numbers the loan's questions from 1. */
  seq: number;
  spent: number;
  returned: number;
  /** What each waiting caller is short of, in their order. */
  needs: readonly number[];
  /**
   * The most that one of those callers needs in all, with what its isolate holds; absent in
   * questions of older versions.
   */
  largest?: number;
  /** What may be needed soon beside that. */
  ahead: number;
  /** How long the loan may stay silent before it counts as spent, in ms. */
  life_ms: number;
  /**
   * The `traceparent` of the last call that `spent` counts, and of the last that came. Absent where
   * there is none, and from older versions.
   */
  spent_by?: string;
  needed_by?: string;
}

/** The budget that has the least left, in nano-dollars; `resets_at` in Unix ms. */
export interface Shortage extends Omit<BudgetState, "spent" | "reserved"> {
  /** What is neither spent nor lent. */
  remaining: number;
  /** What is not spent: the most that may come free in this window. */
  unspent: number;
}

/** The authority's answer to a {@link LoanQuestion}. */
export interface LoanAnswer {
  /** All that was lent since the loan began, in nano-dollars. */
  granted: number;
  /** How long what is not needed may be kept, and a refusal where `short` is set, in ms. */
  keep_ms: number;
  /**
   * How long to ask nothing that no caller waits for, in ms; what was asked ahead should last for
   * longer. Absent where the authority has time, and from older versions.
   */
  pace_ms?: number;
  /** The loan gets nothing more, because its day is over or it was not heard of for too long. */
  over: boolean;
  /** Set where a caller's need did not fit. */
  short: Shortage | null;
}

/** A tenant's budgets, as an isolate calls them. */
export interface BudgetsObject {
  ask(question: LoanQuestion): Promise<LoanAnswer>;
  /** Takes questions of several loans, in their order. Older versions lack it. */
  askTogether(questions: readonly LoanQuestion[]): Promise<LoanAnswer[]>;
  /** All budgets, after those of `known` that the object never heard of were added. */
  budgets(known: readonly Budget[]): Promise<Budget[]>;
  /**
   * Sets a budget, or removes it where it is null. Returns whether the scope had one before. With
   * an author, the change is in the audit log.
   */
  change(scope: string, budget: Budget | null, author?: Author): Promise<boolean>;
  states(): Promise<BudgetState[]>;
  alerts(): Promise<BudgetAlert[]>;
}

/**
 * A branch of a large tenant's budgets, as isolates of its region call it. It has a method of its
 * own, because an object of an earlier version would take a branch for budgets without a limit.
 */
export interface BudgetsBranchObject {
  branchAsk(question: LoanQuestion): Promise<LoanAnswer>;
}
