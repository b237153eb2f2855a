import { DurableObject } from "cloudflare:workers";
import { BudgetAuthority, type BudgetChanges } from "../domain/budgets/authority/budget-authority.ts";
import type { LoanAccount } from "../domain/budgets/authority/loan-account.ts";
import type { StoredTally } from "../domain/budgets/authority/tally.ts";
import type { Budget, BudgetAlert, BudgetState } from "../domain/budgets/budget.ts";
import type { LoanAnswer, LoanQuestion } from "../domain/budgets/protocol/loan-messages.ts";
import { log } from "../telemetry/log.ts";

/** Alerts that are kept, the newest. */
const MAX_ALERTS = 500;

const TABLES = `
  create table if not exists budgets (scope text primary key, budget text) without rowid;
  create table if not exists tallies (
    scope text not null, window text not null, tally text not null, primary key (scope, window)
  ) without rowid;
  create table if not exists loans (id text primary key, loan text not null) without rowid;
  create table if not exists alerts (id integer primary key autoincrement, alert text not null);
`;

/**
 * The one authority over a tenant's budgets, with their definitions: what decides whether a call
 * fits must know of a change at once. A loan is on disk before its answer leaves, because the
 * platform's output gate holds the answer back. A restart counts every loan as lent until its
 * isolate reports again: that can refuse a call for a while, and never overshoots.
 */
export class TenantBudgets extends DurableObject<Env> {
  readonly #authority: BudgetAuthority;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(TABLES);
    const stored = {
      budgets: this.#read<Budget>("select budget as json from budgets where budget is not null"),
      tallies: this.#read<StoredTally>("select tally as json from tallies"),
      loans: this.#read<LoanAccount>("select loan as json from loans"),
    };
    this.#authority = new BudgetAuthority(stored, Date.now());
  }

  /** Takes an isolate's report on a loan, and lends what there is. */
  ask(question: LoanQuestion): LoanAnswer {
    const answer = this.#authority.ask(question, Date.now());
    this.#store(this.#authority.takeChanges());
    return answer;
  }

  /** All budgets. Those of `known` that were neither set nor removed here are added before. */
  budgets(known: readonly Budget[]): Budget[] {
    for (const budget of known) if (!this.#hasHeardOf(budget.scope)) this.#set(budget.scope, budget);
    return this.#read<Budget>("select budget as json from budgets where budget is not null order by scope");
  }

  /** Sets a budget, or removes it where it is null. Returns whether the scope had one. */
  change(scope: string, budget: Budget | null): boolean {
    const had = this.#read("select budget as json from budgets where budget is not null and scope = ?", scope);
    this.#set(scope, budget);
    return had.length > 0;
  }

  /** How every budget stands in each of its windows. */
  states(): BudgetState[] {
    const states = this.#authority.states(Date.now());
    this.#store(this.#authority.takeChanges());
    return states;
  }

  /** The newest alerts, the oldest of them first. */
  alerts(): BudgetAlert[] {
    return this.#read<BudgetAlert>("select alert as json from alerts order by id");
  }

  /** Answers and does nothing else, for the readiness probe. */
  ping(): "ok" {
    return "ok";
  }

  /** Whether a budget was ever set here. One that was removed is not added again. */
  #hasHeardOf(scope: string): boolean {
    return this.ctx.storage.sql.exec("select 1 from budgets where scope = ?", scope).toArray().length > 0;
  }

  #set(scope: string, budget: Budget | null): void {
    this.#authority.change(scope, budget);
    const json = budget && JSON.stringify(budget);
    this.ctx.storage.sql.exec("insert or replace into budgets values (?, ?)", scope, json);
  }

  /** Stores all changes of one question together. */
  #store({ loans, ended, tallies, alerts }: BudgetChanges): void {
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      for (const loan of loans) sql.exec("insert or replace into loans values (?, ?)", loan.id, JSON.stringify(loan));
      for (const id of ended) sql.exec("delete from loans where id = ?", id);
      for (const tally of tallies) {
        const { scope, window } = tally;
        sql.exec("insert or replace into tallies values (?, ?, ?)", scope, window, JSON.stringify(tally));
      }
      for (const alert of alerts) sql.exec("insert into alerts (alert) values (?)", JSON.stringify(alert));
      if (alerts.length > 0) {
        sql.exec("delete from alerts where id <= (select max(id) from alerts) - ?", MAX_ALERTS);
      }
    });
    for (const { scope, window, threshold } of alerts) {
      log("info", "budget_alert", { tenant_id: this.ctx.id.name ?? "", scope, window, threshold });
    }
  }

  #read<T>(query: string, ...values: string[]): T[] {
    return this.ctx.storage.sql
      .exec<{ json: string }>(query, ...values)
      .toArray()
      .map(({ json }) => JSON.parse(json) as T);
  }
}
