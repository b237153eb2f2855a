import type { FeedbackEntry } from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS, DAY_MS, dayOf, HOUR_MS, hourOf, idFloor } from "../../domain/ledger/periods.ts";
import { timeOfId } from "../../domain/id.ts";
import { type LedgerDays, tableOf } from "./ledger-days.ts";
import type { LedgerSql } from "./ledger-sql.ts";

/** A record as it is stored. */
export interface StoredRecord {
  id: string;
  /** JSON; empty where only ids were asked for. */
  record: string;
}

/** Ids from `from` up to, and without, `to`. */
export interface IdSpan {
  from: string;
  to: string;
}

interface RecordRow extends StoredRecord, Record<string, string> {}

const TABLES = [
  // Records of days whose table takes no more.
  "create table if not exists late (id text primary key, record text not null) without rowid",
  "create table if not exists feedback (id text primary key, score real, comment text, given_at integer) without rowid",
  // In which hours executions started whose ids are of another hour.
  "create table if not exists displaced (hour integer, id_hour integer, primary key (hour, id_hour)) without rowid",
  "create index if not exists displaced_by_id_hour on displaced (id_hour)",
];

/**
 * The records of a ledger object that are in its database: a table for each UTC day of their ids,
 * with one row an execution, and one table for records that come after their day was sealed.
 */
export class LedgerRecords {
  readonly #sql: LedgerSql;
  readonly #days: LedgerDays;

  constructor(sql: LedgerSql, days: LedgerDays) {
    this.#sql = sql;
    this.#days = days;
    for (const table of TABLES) sql.run(table);
  }

  /** The record of an id as the database has it; a sealed day's later record before the first. */
  find(id: string): string | undefined {
    const late = this.findLate(id);
    const day = dayOf(timeOfId(id));
    if (late !== undefined || !this.hasTable(day)) return late;
    return this.#recordIn(tableOf(day), id);
  }

  findLate(id: string): string | undefined {
    return this.#days.stateOf(dayOf(timeOfId(id))) === "live" ? undefined : this.#recordIn("late", id);
  }

  /** Whether the records of a day are in the database and not only in R2. */
  hasTable(day: number): boolean {
    return ["live", "sealed"].includes(this.#days.stateOf(day) ?? "");
  }

  /** Writes a record, and when its execution started (Unix ms). */
  put({ id, record }: StoredRecord, created_at: number, now: number): void {
    const day = dayOf(timeOfId(id));
    this.#days.touch(day, now);
    const table = this.#days.stateOf(day) === "live" ? tableOf(day) : "late";
    this.#sql.run(`insert or replace into ${table} values (?, ?)`, id, record);
    const [hour, idHour] = [hourOf(created_at), hourOf(timeOfId(id))];
    if (hour !== idHour) this.#sql.run("insert or ignore into displaced values (?, ?)", hour, idHour);
  }

  /** Records of a day's table with ids before one, newest first. */
  newestIn(day: number, { from, to }: IdSpan, limit: number, idsOnly: boolean): StoredRecord[] {
    return this.#newest(tableOf(day), { from, to }, limit, idsOnly);
  }

  /** Late records in a span of ids, newest first. */
  newestLate(span: IdSpan, limit: number, idsOnly: boolean): StoredRecord[] {
    return this.#newest("late", span, limit, idsOnly);
  }

  /** The next records of a day's table after an id, in order. */
  nextIn(day: number, after: string, limit: number): StoredRecord[] {
    return this.#sql.run<RecordRow>(`select * from ${tableOf(day)} where id > ? order by id limit ?`, after, limit);
  }

  /** The hours of ids whose executions may have started in an hour. */
  idHoursOf(hour: number): number[] {
    const rows = this.#sql.run<{ id_hour: number }>("select id_hour from displaced where hour = ?", hour);
    return [hour, ...rows.map(({ id_hour }) => id_hour)];
  }

  /** The other hours in which executions with ids of a day started, by the hours of their ids. */
  startHoursOf(day: number): Map<number, number[]> {
    const rows = this.#sql.run<{ hour: number; id_hour: number }>(
      "select hour, id_hour from displaced where id_hour >= ? and id_hour < ?",
      day * DAY_HOURS,
      (day + 1) * DAY_HOURS,
    );
    const hours = new Map<number, number[]>();
    for (const { hour, id_hour } of rows) hours.set(id_hour, [...(hours.get(id_hour) ?? []), hour]);
    return hours;
  }

  /** The hours of ids, other than their own, whose executions may have started since an hour. */
  displacedSince(hour: number): number[] {
    const rows = this.#sql.run<{ id_hour: number }>("select distinct id_hour from displaced where hour >= ?", hour);
    return rows.map(({ id_hour }) => id_hour);
  }

  /** Stores feedback and returns the score that it replaces. */
  giveFeedback({ id, score, comment }: FeedbackEntry, now: number): number | null {
    const [before] = this.feedbackOn([id]);
    this.#sql.run("insert or replace into feedback values (?, ?, ?, ?)", id, score, comment, now);
    return before?.score ?? null;
  }

  adoptFeedback(entries: readonly FeedbackEntry[], now: number): void {
    for (const { id, score, comment } of entries) {
      this.#sql.run("insert or ignore into feedback values (?, ?, ?, ?)", id, score, comment, now);
    }
  }

  feedbackOn(ids: readonly string[]): FeedbackEntry[] {
    return this.#sql.run<FeedbackEntry & Record<string, string | number | null>>(
      "select id, score, comment from feedback where id in (select value from json_each(?))",
      JSON.stringify(ids),
    );
  }

  /** Deletes some of what else there is about a day. True when nothing is left of it. */
  deleteBeside(day: number, limit: number): boolean {
    const { from, to } = idsOfDay(day);
    const deleted = ["late", "feedback"].map((table) =>
      this.#sql.run(
        `delete from ${table} where id in (select id from ${table} where id >= ? and id < ? limit ?) returning 1 as gone`,
        from,
        to,
        limit,
      ),
    );
    this.#sql.run("delete from displaced where id_hour < ?", (day + 1) * DAY_HOURS);
    return deleted.every((rows) => rows.length < limit);
  }

  #recordIn(table: string, id: string): string | undefined {
    return this.#sql.run<{ record: string }>(`select record from ${table} where id = ?`, id)[0]?.record;
  }

  #newest(table: string, { from, to }: IdSpan, limit: number, idsOnly: boolean): StoredRecord[] {
    const columns = idsOnly ? "id, '' as record" : "id, record";
    return this.#sql.run<RecordRow>(
      `select ${columns} from ${table} where id >= ? and id < ? order by id desc limit ?`,
      from,
      to,
      limit,
    );
  }
}

/** The ids that were made in an hour. */
export function idsOfHour(hour: number): IdSpan {
  return { from: idFloor(hour * HOUR_MS), to: idFloor((hour + 1) * HOUR_MS) };
}

/** The ids that were made on a day. */
export function idsOfDay(day: number): IdSpan {
  return { from: idFloor(day * DAY_MS), to: idFloor((day + 1) * DAY_MS) };
}
