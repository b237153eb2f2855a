import type { AuditEntry } from "../../domain/audit/audit-entry.ts";
import type { StoredBudgets, BudgetChanges } from "../../domain/budgets/authority/budget-authority.ts";
import type { LoanAccount } from "../../domain/budgets/authority/loan-account.ts";
import type { StoredTally } from "../../domain/budgets/authority/tally.ts";
import type { Budget, BudgetAlert } from "../../domain/budgets/budget.ts";

/** What the store needs of a Durable Object's storage. */
export interface BudgetStorage {
  sql: Pick<SqlStorage, "exec">;
  transactionSync<T>(work: () => T): T;
}

/** Alerts that are kept, the newest. */
const MAX_ALERTS = 500;

const TABLES = `
  create table if not exists budgets (scope text primary key, budget text) without rowid;
  create table if not exists tallies (
    scope text not null, window text not null, tally text not null, primary key (scope, window)
  ) without rowid;
  create table if not exists loans (id text primary key, loan text not null) without rowid;
  create table if not exists alerts (id integer primary key autoincrement, alert text not null);
  create table if not exists announced (kind text primary key, up_to integer not null) without rowid;
  create table if not exists unaudited (id text primary key, entry text not null) without rowid;
  create table if not exists owner (tenant_id text primary key) without rowid;
  insert or ignore into announced select 'alerts', coalesce(max(id), 0) from alerts;
`;

/** A tenant's budgets, what their windows count, the loans and the alerts, in its object. */
export class BudgetStore {
  readonly #storage: BudgetStorage;

  /** Alerts from before there were webhooks are not announced. */
  constructor(storage: BudgetStorage) {
    this.#storage = storage;
    storage.sql.exec(TABLES);
  }

  /** The tenant's id. An object that its alarm starts may not know its own name. */
  tenantId(name: string | undefined): string {
    const { sql } = this.#storage;
    const [row] = sql.exec<{ tenant_id: string }>("select tenant_id from owner").toArray();
    if (row || name === undefined) return row?.tenant_id ?? "";
    sql.exec("insert into owner values (?)", name);
    return name;
  }

  load(): StoredBudgets {
    return {
      budgets: this.budgets(),
      tallies: this.#read<StoredTally>("select tally as json from tallies"),
      loans: this.#read<LoanAccount>("select loan as json from loans"),
    };
  }

  /** All budgets, by scope. */
  budgets(): Budget[] {
    return this.#read<Budget>("select budget as json from budgets where budget is not null order by scope");
  }

  /** Whether a budget was ever set here. One that was removed is not added again. */
  hasHeardOf(scope: string): boolean {
    return this.#storage.sql.exec("select 1 from budgets where scope = ?", scope).toArray().length > 0;
  }

  /** The budget of a scope; null where it has none. */
  find(scope: string): Budget | null {
    const known = "select budget as json from budgets where budget is not null and scope = ?";
    return this.#read<Budget>(known, scope)[0] ?? null;
  }

  /** Sets or removes a budget, together with its entry for the audit log. */
  set(scope: string, budget: Budget | null, entry?: AuditEntry): void {
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
      sql.exec("insert or replace into budgets values (?, ?)", scope, budget && JSON.stringify(budget));
      if (entry) sql.exec("insert into unaudited values (?, ?)", entry.id, JSON.stringify(entry));
    });
  }

  /** Entries that are not in the audit log yet, the oldest first. */
  unaudited(): AuditEntry[] {
    return this.#read<AuditEntry>("select entry as json from unaudited order by id");
  }

  /** These entries are in the audit log. */
  markAudited(entries: readonly AuditEntry[]): void {
    for (const { id } of entries) this.#storage.sql.exec("delete from unaudited where id = ?", id);
  }

  /** Stores all changes of one question together. */
  apply({ loans, ended, tallies, alerts }: BudgetChanges): void {
    const { sql } = this.#storage;
    this.#storage.transactionSync(() => {
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
  }

  /** The newest alerts, the oldest of them first. */
  alerts(): BudgetAlert[] {
    return this.#read<BudgetAlert>("select alert as json from alerts order by id");
  }

  /** Alerts that the tenant's webhooks were not told of yet, the oldest first. */
  unannounced(): { id: number; alert: BudgetAlert }[] {
    const rows = this.#storage.sql.exec<{ id: number; json: string }>(
      "select id, alert as json from alerts where id > (select up_to from announced where kind = 'alerts') order by id",
    );
    return rows.toArray().map(({ id, json }) => ({ id, alert: JSON.parse(json) as BudgetAlert }));
  }

  /** Alerts up to this one were announced. */
  markAnnounced(id: number): void {
    this.#storage.sql.exec("update announced set up_to = ? where kind = 'alerts'", id);
  }

  #read<T>(query: string, ...values: string[]): T[] {
    return this.#storage.sql
      .exec<{ json: string }>(query, ...values)
      .toArray()
      .map(({ json }) => JSON.parse(json) as T);
  }
}
