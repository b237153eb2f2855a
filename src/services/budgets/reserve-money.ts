import { LOAN_ANSWER_WITHIN_MS, LoanClient } from "../../domain/budgets/client/loan-client.ts";
import type { BudgetsObject, Shortage } from "../../domain/budgets/protocol/loan-messages.ts";
import { AppError, toAppError } from "../../domain/errors.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { AuthorityDeps } from "../gate/ask-authority.ts";
import { LoanSession } from "./loan-session.ts";

/** Money that one call needs at worst, of all `scopes` together. Amounts in nano-dollars. */
export interface MoneyCall {
  tenant_id: string;
  /** The scopes that have a budget, at least one. */
  scopes: readonly string[];
  amount: number;
  /** How long to wait while what is left is lent to others, in ms; 0 takes what there is now. */
  patience_ms: number;
  /** When the call has ended for certain, in Unix ms. */
  ends_by: number;
  /** Names the execution to whoever is told of an alert. */
  traceparent?: string;
  signal: AbortSignal;
}

/** Money that is reserved for one call. Settle it once, at what the call cost. */
export interface ReservedMoney {
  settle(cost: number): void;
}

/**
 * Reserves the worst case of a call. It waits for nobody while this isolate holds enough. Throws
 * AppError `budget_exceeded` where a budget has too little left, and `provider_overloaded` where
 * the budgets cannot be asked: nothing is spent then, so that no budget is ever exceeded.
 */
export type ReserveMoney = (call: MoneyCall) => Promise<ReservedMoney>;

/** What {@link createReserveMoney} needs. */
export interface ReserveMoneyDeps extends AuthorityDeps {
  objectOf(tenantId: string): Pick<BudgetsObject, "ask">;
  /** An id that no other isolate makes. */
  newId(): string;
}

/**
 * Sets of scopes that an isolate deals with at a time. Only those that hold nothing are forgotten.
 */
const MAX_SESSIONS = 10_000;
/** How often a caller looks whether money came back, in ms. */
const LOOK_EVERY_MS = 50;
/** How long a caller waits at most for budgets that do not answer, in ms: a restart is shorter. */
const LONGEST_SILENCE_MS = 3_000;
const RETRY_AFTER_MS = 1_000;

/**
 * A caller that waits looks again as soon as an answer is lost. One that did not look for this
 * long, in ms, vanished with its request: money lent for it would be taken and given back for ever.
 */
const VANISHED_AFTER_MS = 2 * LOAN_ANSWER_WITHIN_MS;

/** A caller that waits for money, in nano-dollars, and when it last looked, in Unix ms. */
interface WaitingCaller {
  amount: number;
  looked_at: number;
}

/** An isolate's dealings with one set of scopes of a tenant, over one loan after another. */
class MoneyDesk {
  readonly #deps: ReserveMoneyDeps;
  readonly #tenantId: string;
  readonly #scopes: readonly string[];
  /** The first to come first. */
  readonly #waiting = new Set<WaitingCaller>();
  #loan: LoanSession;

  constructor(deps: ReserveMoneyDeps, tenantId: string, scopes: readonly string[]) {
    this.#deps = deps;
    this.#tenantId = tenantId;
    this.#scopes = scopes;
    this.#loan = this.#open();
  }

  isIdle(): boolean {
    return this.#needs().length === 0 && this.#loan.isIdle();
  }

  async reserve({ amount, patience_ms, ends_by, traceparent, signal }: MoneyCall): Promise<ReservedMoney> {
    const since = this.#deps.now();
    const caller = { amount, looked_at: since };
    try {
      for (let isFirst = true; ; isFirst = false) {
        if (signal.aborted) throw toAppError(signal.reason);
        caller.looked_at = this.#deps.now();
        this.#waiting.add(caller);
        if (this.#loan.isOver) this.#loan = this.#open();
        const loan = this.#loan;
        if (isFirst) loan.observeCall(amount, traceparent);
        const verdict = loan.reserve(amount, ends_by);
        const waited = this.#deps.now() - since;
        if (verdict === "ask") await loan.answer();
        else if (verdict === "unanswered") {
          if (waited >= Math.min(patience_ms, LONGEST_SILENCE_MS)) throw unanswered();
          await this.#deps.sleep(LOOK_EVERY_MS);
        } else if ("reserved" in verdict) {
          this.#waiting.delete(caller);
          loan.askAhead();
          return { settle: (cost) => loan.settle(verdict.reserved, cost, traceparent) };
        } else {
          const { short, wait_ms } = verdict;
          if (amount > short.unspent || waited >= patience_ms) throw exceeded(short, amount);
          await this.#deps.sleep(Math.min(wait_ms, LOOK_EVERY_MS));
        }
      }
    } finally {
      this.#waiting.delete(caller);
    }
  }

  /** What the callers that wait need. */
  #needs(): number[] {
    const since = this.#deps.now() - VANISHED_AFTER_MS;
    for (const caller of this.#waiting) if (caller.looked_at < since) this.#waiting.delete(caller);
    return [...this.#waiting].map(({ amount }) => amount);
  }

  #open(): LoanSession {
    const deps = this.#deps;
    const object = () => deps.objectOf(this.#tenantId);
    return new LoanSession({ ...deps, object }, new LoanClient(deps.newId(), this.#scopes), () => this.#needs());
  }
}

/** Builds {@link ReserveMoney} with a desk for each tenant and set of scopes. */
export function createReserveMoney(deps: ReserveMoneyDeps): ReserveMoney {
  const desks = new LruMap<string, MoneyDesk>({ maxEntries: MAX_SESSIONS, mayEvict: (desk) => desk.isIdle() });

  return async function reserveMoney(call) {
    const name = [call.tenant_id, ...call.scopes].join(" ");
    let desk = desks.get(name);
    if (!desk) desks.set(name, (desk = new MoneyDesk(deps, call.tenant_id, call.scopes)));
    return desk.reserve(call);
  };
}

/** The refusal of a call of this amount, in nano-dollars. */
export function exceeded(short: Shortage, amount: number): AppError {
  const { scope, window, limit, remaining, resets_at } = short;
  const [needed, left, of] = [amount, remaining, limit].map((nanousd) => `$${nanousd / 1e9}`);
  const detail = `The call may cost ${needed}, and the ${window} budget of \`${scope}\` has ${left} of ${of} left.`;
  return new AppError("budget_exceeded", detail, {
    retryable: true,
    budget: { remaining_nanousd: remaining, resets_at },
  });
}

/** The refusal of a call where it is not known whether a budget has room for it. */
export function unanswered(): AppError {
  const detail = "Nothing was called, because the tenant's budgets could not be asked.";
  return new AppError("provider_overloaded", detail, { retryable: true, retryAfterMs: RETRY_AFTER_MS });
}
