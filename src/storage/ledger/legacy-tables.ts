import { DAY_MS } from "../../domain/ledger/periods.ts";
import type { FirstRecords } from "./first-records.ts";
import type { LedgerSql } from "./ledger-sql.ts";
import type { IdSpan, StoredRecord } from "./stored-record.ts";

interface RecordRow extends StoredRecord, Record<string, string> {}

/** The most records that are read at a time for the archive: one may have 2 MB. */
const PAGE = 50;
/** What their records count as beside those of blocks, which are newer. */
const VERSION = { ofDays: -2, late: -1 };

/**
 * What older versions stored (ADR 0019, 0022): a table of records for each day, one of records that
 * came after their day was sealed, and one of intents. Intents move to the journal at once, late
 * records some at a time, and a day's table is dropped when the day is in R2. This file can go when
 * no object has any of these.
 */
export class LegacyTables {
  readonly #sql: LedgerSql;
  #names = new Set<string>();

  /** The tables of the journal and of days exist. */
  constructor(sql: LedgerSql) {
    this.#sql = sql;
    if (sql.meta("legacy") === undefined || this.#wasOlderHere()) this.#adopt();
    this.reload();
  }

  /** Looks which tables there are, also after a transaction that failed. */
  reload(): void {
    if (this.#sql.meta("legacy") === 1) this.#names = this.#stored();
  }

  /** There is a table of an older version. */
  get hasAny(): boolean {
    return this.#names.size > 0;
  }

  /** There are late records to take. */
  get hasLate(): boolean {
    return this.#names.has("late");
  }

  /** Undefined for an id that tells no day, too: nothing was ever stored under it. */
  find(id: string, day: number): string | undefined {
    if (!Number.isFinite(day)) return undefined;
    return this.#find("late", id) ?? this.#find(tableOf(day), id);
  }

  /** Adds the newest records of a span of a day's ids. */
  addNewest(first: FirstRecords, day: number, span: IdSpan, limit: number): void {
    first.add(this.#records("late", span, "desc", limit), VERSION.late);
    first.add(this.#records(tableOf(day), span, "desc", limit), VERSION.ofDays);
  }

  /** Adds the next records of a day's table after an id. Late ones stay. */
  addNext(first: FirstRecords, day: number, { from: after, to }: IdSpan): void {
    for (let last: string | undefined = after; last !== undefined && !first.isPast(last);) {
      const page: StoredRecord[] = [...this.#records(tableOf(day), { from: `${last}!`, to }, "asc", PAGE)];
      first.add(page, VERSION.ofDays);
      last = page.at(-1)?.id;
    }
  }

  /** The records of a span of a day's ids, a late one before the other of its id. */
  *each(day: number, span: IdSpan): Generator<StoredRecord> {
    for (const table of ["late", tableOf(day)]) yield* this.#records(table, span, "asc", -1);
  }

  /** Takes some late records out of their table. Belongs in the transaction that stores them. */
  takeLate(limit: number): StoredRecord[] {
    const some = this.#sql.run<RecordRow>("select id, record from late order by id limit ?", limit);
    for (const { id } of some) this.#sql.run("delete from late where id = ?", id);
    if (some.length < limit) this.#drop("late");
    return some;
  }

  /** Drops the table of a day, whose records are in R2. */
  dropDay(day: number): void {
    if (this.#names.has(tableOf(day))) this.#drop(tableOf(day));
  }

  #find(table: string, id: string): string | undefined {
    if (!this.#names.has(table)) return undefined;
    return this.#sql.run<{ record: string }>(`select record from ${table} where id = ?`, id)[0]?.record;
  }

  *#records(table: string, { from, to }: IdSpan, order: "asc" | "desc", limit: number): Generator<StoredRecord> {
    if (!this.#names.has(table)) return;
    const select = `select id, record from ${table} where id >= ? and id < ? order by id ${order} limit ?`;
    yield* this.#sql.each<RecordRow>(select, from, to, limit);
  }

  #drop(table: string): void {
    this.#sql.run(`drop table ${table}`);
    this.#names.delete(table);
    if (this.#names.size === 0) this.#sql.setMeta("legacy", 0);
  }

  /** An older version opened the object since: each makes the tables that it lacks. */
  #wasOlderHere(): boolean {
    return this.#sql.run("select name from sqlite_master where name = 'intents'").length > 0;
  }

  /** The first time that this version opens the object, or opens it again. */
  #adopt(): void {
    this.#sql.transact(() => {
      if (this.#sql.meta("legacy") === undefined) {
        this.#sql.run("alter table days add column sealed_seq integer not null default 0");
      }
      const tables = this.#sql.run<{ name: string }>(
        "select name from sqlite_master where name in ('intents', 'late')",
      );
      for (const { name } of tables) {
        if (name === "intents") this.#adoptIntents();
        else if (this.#sql.run("select id from late limit 1").length === 0) this.#sql.run("drop table late");
      }
      this.#sql.setMeta("legacy", this.#stored().size > 0 ? 1 : 0);
    });
  }

  #adoptIntents(): void {
    this.#sql.run(`insert into journal (slot, seq, tenant_id, due_at, intents)
      select slot + (select coalesce(max(slot) + 1, 0) from journal), 0, tenant_id, due_at, intents from intents`);
    this.#sql.run("drop table intents");
  }

  #stored(): Set<string> {
    const isOne = "type = 'table' and (name = 'late' or name like 'day!_%' escape '!')";
    const tables = this.#sql.run<{ name: string }>(`select name from sqlite_master where ${isOne}`);
    return new Set(tables.map(({ name }) => name));
  }
}

/** The name of the table that a day had: `day_20261126`. */
function tableOf(day: number): string {
  return `day_${new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "")}`;
}
