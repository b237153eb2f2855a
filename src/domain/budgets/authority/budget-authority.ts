import { OBJECT_TIMES, Pace, type WorkTimes } from "../../pace.ts";
import { type Budget, type BudgetAlert, type BudgetState, limitIn } from "../budget.ts";
import { BUDGET_WINDOWS, windowEnd, windowStart } from "../budget-window.ts";
import type { LoanAnswer, LoanQuestion, Shortage } from "../protocol/loan-messages.ts";
import { lentIn, type LoanAccount, reported } from "./loan-account.ts";
import { Tallies } from "./tallies.ts";
import { spentIn, type StoredTally, type Tally } from "./tally.ts";

/** What the authority must find again after a restart. */
export interface StoredBudgets {
  budgets: readonly Budget[];
  tallies: readonly StoredTally[];
  loans: readonly LoanAccount[];
}

/** What changed in {@link StoredBudgets}, to be stored before the answer leaves, and new alerts. */
export interface BudgetChanges {
  loans: LoanAccount[];
  ended: string[];
  tallies: StoredTally[];
  alerts: BudgetAlert[];
}

/**
 * Ahead of callers, one question gets at most this part of what is left, or half of an equal part
 * where more ask: blocks shrink as the limit nears, and little is idle when it is met.
 */
const LEAST_PARTS = 20;
/** How long an isolate may keep what it does not need, in ms; the second where money is short. */
const KEEP_MS = 2_000;
const SHORT_KEEP_MS = 250;
/** Money is short where less than this share of a limit is left. */
const SHORT_SHARE = 0.1;

/** What its object needs, ms, and for each of several questions that come in one request. */
export interface BudgetTimes extends WorkTimes {
  question_ms: number;
}

/** What a question needs is assumed: some rules, and a row in the one transaction. */
export const BUDGET_TIMES: BudgetTimes = { ...OBJECT_TIMES, question_ms: 0.05 };

/**
 * How long every loan is waited for after a restart, in ms: what it told meanwhile was not stored.
 */
const RESTART_GRACE_MS = 900_000;

/** A budget's window, and its limit. */
interface LimitedTally {
  budget: Budget;
  limit: number;
  tally: Tally;
}

/**
 * The one authority over a tenant's budgets. It lends money of all scopes of an execution together
 * or not at all, and never lends more than the limits less what is spent and lent already. Times
 * are Unix ms, amounts nano-dollars.
 */
export class BudgetAuthority {
  readonly #budgets: Map<string, Budget>;
  readonly #loans: Map<string, LoanAccount>;
  readonly #tallies: Tallies;
  #changes = { loans: new Map<string, LoanAccount>(), ended: [] as string[], alerts: [] as BudgetAlert[] };
  readonly #pace = new Pace();
  readonly #times: BudgetTimes;
  /** No loan expires before this. */
  #nextExpiry: number;

  /** `times` are those of its object. */
  constructor({ budgets, tallies, loans }: StoredBudgets, now: number, times = BUDGET_TIMES) {
    this.#times = times;
    this.#budgets = new Map(budgets.map((budget) => [budget.scope, budget]));
    const least = now + RESTART_GRACE_MS;
    const waitedFor = loans.map((loan) => ({ ...loan, expires_at: Math.max(loan.expires_at, least) }));
    this.#loans = new Map(waitedFor.map((loan) => [loan.id, loan]));
    this.#tallies = new Tallies(tallies, waitedFor);
    this.#nextExpiry = least;
  }

  /** Takes a report, and lends what there is. */
  ask(question: LoanQuestion, now: number): LoanAnswer {
    return this.#paced(question, this.#answer(question, now), { ms: this.#workOf(1), now });
  }

  /** Takes reports that came in one request, in their order. */
  askTogether(questions: readonly LoanQuestion[], now: number): LoanAnswer[] {
    const answered = questions.map((question) => ({ question, answer: this.#answer(question, now) }));
    const ms = this.#workOf(questions.length);
    return answered.map(({ question, answer }) => this.#paced(question, answer, { ms, now }));
  }

  /** What each of some questions took the object, ms: whether it writes is known after them. */
  #workOf(questions: number): number {
    const { request_ms, write_ms, question_ms } = this.#times;
    const { loans, ended, alerts } = this.#changes;
    const isWrite = loans.size + ended.length + alerts.length > 0;
    return (request_ms + (isWrite ? write_ms : 0)) / questions + (questions > 1 ? question_ms : 0);
  }

  /** The answer, which is good for as long as there are others to be answered. */
  #paced({ loan }: LoanQuestion, answer: LoanAnswer, { ms, now }: { ms: number; now: number }): LoanAnswer {
    this.#pace.count(loan, ms, now);
    if (answer.over) return { ...answer, keep_ms: 0 };
    const pace_ms = this.#pace.ms(now);
    const untilMidnight = windowEnd("daily", this.#loans.get(loan)?.day ?? now) - now;
    const keep_ms = Math.max(0, Math.min(Math.max(answer.keep_ms, pace_ms), untilMidnight));
    return { ...answer, keep_ms, ...(pace_ms > KEEP_MS && { pace_ms }) };
  }

  #answer(question: LoanQuestion, now: number): LoanAnswer {
    this.#endExpired(now);
    const before = this.#loans.get(question.loan) ?? opened(question, now);
    if (!before) return { granted: 0, keep_ms: 0, over: true, short: null };
    const isNews = question.seq > before.seq;
    let loan = reported(before, question);
    this.#keep(before, loan);
    this.#alertOn(loan, now, question.spent_by);
    const over = loan.day !== windowStart("daily", now);
    const { amount, short, isScarce } =
      isNews && !over ? this.#lend(loan, question, now) : { amount: 0, short: null, isScarce: true };
    const expires_at = Math.max(loan.expires_at, now + question.life_ms);
    const after = { ...loan, granted: loan.granted + amount, seq: Math.max(loan.seq, question.seq), expires_at };
    this.#keep(loan, after);
    loan = after;
    // What is only reported need not be stored: it is told again with the next question.
    if (amount > 0 || (lentIn(loan) === 0 && lentIn(before) > 0)) this.#changes.loans.set(loan.id, loan);
    return { granted: loan.granted, keep_ms: isScarce ? SHORT_KEEP_MS : KEEP_MS, over, short };
  }

  /** Sets a budget, or removes it where it is null. What its windows count stays. */
  change(scope: string, budget: Budget | null): void {
    if (budget) this.#budgets.set(scope, budget);
    else this.#budgets.delete(scope);
  }

  /** How every budget stands. */
  states(now: number): BudgetState[] {
    this.#endExpired(now);
    return this.#limited([...this.#budgets.keys()], now).map(({ limit, tally }) => ({
      ...whichOf(tally, limit),
      spent: spentIn(tally),
      reserved: tally.lent,
    }));
  }

  /** When the next loan expires, Unix ms; Infinity while there is none. */
  get nextExpiry(): number {
    return this.#loans.size === 0 ? Infinity : this.#nextExpiry;
  }

  /** Ends the loans that have expired, with the alerts that become due. */
  expire(now: number): void {
    this.#endExpired(now);
  }

  /** What must be stored since the last call. */
  takeChanges(): BudgetChanges {
    const { loans, ended, alerts } = this.#changes;
    this.#changes = { loans: new Map(), ended: [], alerts: [] };
    return { loans: [...loans.values()], ended, alerts, tallies: this.#tallies.takeChanged() };
  }

  #lend(
    { scopes }: LoanAccount,
    { needs, largest = 0, ahead, needed_by }: LoanQuestion,
    now: number,
  ): { amount: number; short: Shortage | null; isScarce: boolean } {
    const limited = this.#limited(scopes, now);
    const left = Math.max(0, Math.min(Infinity, ...limited.map(remainingOf)));
    let served = 0;
    let unmet: number | null = null;
    for (const need of needs) {
      if (served + need <= left) served += need;
      else unmet = Math.min(unmet ?? Infinity, need);
    }
    // A caller that needs more than is unspent is refused, whatever its isolate holds of it
    // already.
    const need = unmet === null ? null : Math.max(unmet, largest);
    const short = need === null ? null : shortage(limited, need, served);
    if (short && need !== null && need > short.unspent) this.#alertOnExhaustion(limited, short, now, needed_by);
    const rest = left - served;
    const more = unmet === null ? Math.min(ahead, ...limited.map((each) => this.#partOf(each, served))) : 0;
    const isScarce = unmet !== null || limited.some(({ limit }) => rest - more < limit * SHORT_SHARE);
    return { amount: served + more, short, isScarce };
  }

  /** What one question may get ahead of a limit: most of those that ask may do so for other scopes. */
  #partOf(each: LimitedTally, served: number): number {
    const askers = Math.min(this.#pace.askers, each.tally.loans);
    const rest = Math.max(0, remainingOf(each) - served);
    return Math.floor(rest / Math.max(LEAST_PARTS, 2 * askers));
  }

  /** The windows that limit these scopes now. */
  #limited(scopes: readonly string[], now: number): LimitedTally[] {
    return scopes.flatMap((scope) =>
      BUDGET_WINDOWS.flatMap((window) => {
        const budget = this.#budgets.get(scope);
        const limit = budget ? limitIn(budget, window) : null;
        const tally = limit === null ? null : this.#tallies.of(scope, window, now);
        return budget && limit !== null && tally ? [{ budget, limit, tally }] : [];
      }),
    );
  }

  #keep(before: LoanAccount, after: LoanAccount): void {
    const known = this.#loans.has(after.id);
    this.#tallies.count(known ? before : null, after);
    this.#loans.set(after.id, after);
    this.#nextExpiry = Math.min(this.#nextExpiry, after.expires_at);
  }

  /** Nobody knows what an isolate that vanished did with its money: all of it counts as spent. */
  #endExpired(now: number): void {
    if (now < this.#nextExpiry) return;
    for (const loan of this.#loans.values()) {
      if (loan.expires_at > now) continue;
      this.#tallies.end(loan);
      this.#loans.delete(loan.id);
      this.#changes.loans.delete(loan.id);
      this.#changes.ended.push(loan.id);
      this.#alertOn(loan, now);
    }
    this.#nextExpiry = Math.min(Infinity, ...[...this.#loans.values()].map(({ expires_at }) => expires_at));
  }

  #alertOn({ scopes }: LoanAccount, now: number, traceparent?: string): void {
    for (const each of this.#limited(scopes, now)) {
      this.#alert(each, (threshold) => spentIn(each.tally) >= threshold * each.limit, { at: now, traceparent });
    }
  }

  /** A limit is rarely met exactly: it is reached where the next call does not fit any more. */
  #alertOnExhaustion(
    limited: readonly LimitedTally[],
    { scope, window }: Shortage,
    at: number,
    traceparent?: string,
  ): void {
    const met = limited.find(({ tally }) => tally.scope === scope && tally.window === window);
    if (met) this.#alert(met, (threshold) => threshold === 1, { at, traceparent });
  }

  #alert(
    { budget, limit, tally }: LimitedTally,
    isReached: (threshold: number) => boolean,
    { at, traceparent }: Pick<BudgetAlert, "at" | "traceparent">,
  ): void {
    const due = budget.alerts.filter((threshold) => !tally.alerted.includes(threshold) && isReached(threshold));
    if (due.length === 0) return;
    this.#tallies.markAlerted(tally, due);
    for (const threshold of due) {
      const trace = traceparent === undefined ? {} : { traceparent };
      this.#changes.alerts.push({ ...whichOf(tally, limit), spent: spentIn(tally), threshold, at, ...trace });
    }
  }
}

/** A new loan. Null where the question is a later one: of a loan that has ended. */
function opened({ loan, scopes, seq, life_ms }: LoanQuestion, now: number): LoanAccount | null {
  if (seq !== 1) return null;
  const day = windowStart("daily", now);
  return { id: loan, scopes, day, seq: 0, granted: 0, spent: 0, returned: 0, expires_at: now + life_ms };
}

function unspentOf({ limit, tally }: LimitedTally): number {
  return limit - spentIn(tally);
}

function remainingOf({ limit, tally }: LimitedTally): number {
  return limit - spentIn(tally) - tally.lent;
}

/**
 * The budget that stands in the way of a need: the one with the least unspent where the need could
 * not fit even if all that is lent came back, or else the one with the least left after what was
 * served now.
 */
function shortage(limited: readonly LimitedTally[], need: number, served: number): Shortage | null {
  const [tightest] = limited.toSorted((a, b) => remainingOf(a) - remainingOf(b));
  const [scarcest] = limited.toSorted((a, b) => unspentOf(a) - unspentOf(b));
  if (!tightest || !scarcest) return null;
  const unspent = Math.max(0, unspentOf(scarcest));
  const named = need > unspent ? scarcest : tightest;
  return { ...whichOf(named.tally, named.limit), remaining: Math.max(0, remainingOf(named) - served), unspent };
}

function whichOf({ scope, window, start }: Tally, limit: number) {
  return { scope, window, limit, resets_at: windowEnd(window, start) };
}
