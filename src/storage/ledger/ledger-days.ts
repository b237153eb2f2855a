import { DAY_MS } from "../../domain/ledger/periods.ts";
import type { LedgerSql } from "./ledger-sql.ts";

/**
 * A day's way: `live` while records arrive, `sealed` once its table changes no more and is being
 * archived, `archived` when the table is gone and its blocks are in R2.
 */
export type DayState = "live" | "sealed" | "archived";

/** A day that has executions. */
export interface LedgerDay {
  day: number;
  state: DayState;
  /** About when it last took a record, Unix ms: not more than {@link TOUCH_MS} before that. */
  touched_at: number;
}

interface DayRow extends LedgerDay, Record<string, string | number> {}

/** How far `touched_at` may lag behind, so that a day costs few writes. */
export const TOUCH_MS = 3_600_000;

/** The days of a ledger object, and the table of each. */
export class LedgerDays {
  readonly #sql: LedgerSql;
  #days = new Map<number, LedgerDay>();
  #deletedBefore = 0;

  constructor(sql: LedgerSql) {
    this.#sql = sql;
    sql.run("create table if not exists days (day integer primary key, state text not null, touched_at integer)");
    sql.run("create table if not exists meta (name text primary key, value integer not null) without rowid");
    this.reload();
  }

  /** Reads the days anew, after a transaction that failed. */
  reload(): void {
    const rows = this.#sql.run<DayRow>("select day, state, touched_at from days");
    this.#days = new Map(rows.map((row) => [row.day, row]));
    this.#deletedBefore =
      this.#sql.run<{ value: number }>("select value from meta where name = 'deleted'")[0]?.value ?? 0;
  }

  /** All days, the oldest first. */
  all(): LedgerDay[] {
    return [...this.#days.values()].sort((a, b) => a.day - b.day);
  }

  stateOf(day: number): DayState | undefined {
    return this.#days.get(day)?.state;
  }

  /** Whether a day is so old that its records are deleted. */
  isDeleted(day: number): boolean {
    return day < this.#deletedBefore;
  }

  /** Makes room for a record of the day. */
  touch(day: number, now: number): void {
    const known = this.#days.get(day);
    if (!known) {
      this.#sql.run(`create table ${tableOf(day)} (id text primary key, record text not null) without rowid`);
      this.#sql.run("insert into days values (?, 'live', ?)", day, now);
      this.#days.set(day, { day, state: "live", touched_at: now });
    } else if (known.state === "live" && now - known.touched_at >= TOUCH_MS) {
      this.#sql.run("update days set touched_at = ? where day = ?", now, day);
      known.touched_at = now;
    }
  }

  /** No record changes the day's table any more. */
  seal(day: number): void {
    this.#setState(day, "sealed");
  }

  /** Drops the day's table, whose records are all in R2. */
  dropTable(day: number): void {
    this.#sql.transact(() => {
      this.#sql.run(`drop table if exists ${tableOf(day)}`);
      this.#setState(day, "archived");
    });
  }

  /** Forgets a day. It and all before it are not recorded again. */
  forget(day: number): void {
    this.#sql.transact(() => {
      this.#sql.run("delete from days where day = ?", day);
      this.#sql.run("insert or replace into meta values ('deleted', ?)", day + 1);
    });
    this.#days.delete(day);
    this.#deletedBefore = day + 1;
  }

  #setState(day: number, state: DayState): void {
    this.#sql.run("update days set state = ? where day = ?", state, day);
    const known = this.#days.get(day);
    if (known) known.state = state;
  }
}

/** The name of a day's table: `day_20261126`. */
export function tableOf(day: number): string {
  return `day_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "")}`;
}
