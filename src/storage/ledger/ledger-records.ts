import type { FeedbackEntry, GivenFeedback } from "../../domain/ledger/ledger-messages.ts";
import { DAY_HOURS, dayOf, dayOfHour, hourOf } from "../../domain/ledger/periods.ts";
import { timeOfId } from "../../domain/id.ts";
import { FeedbackDays } from "./feedback-days.ts";
import { FirstRecords, type RecordLimits, type SomeRecords } from "./first-records.ts";
import type { LedgerDay, LedgerDays } from "./ledger-days.ts";
import type { LedgerJournal } from "./ledger-journal.ts";
import type { LedgerSql } from "./ledger-sql.ts";
import { LegacyTables } from "./legacy-tables.ts";
import { RecordBlocks } from "./record-blocks.ts";
import { idsOfDay, idsOfHour, type IdSpan, type StoredRecord } from "./stored-record.ts";

const TABLES = [
  "create table if not exists feedback (id text primary key, score real, comment text, given_at integer) without rowid",
  // In which hours executions started whose ids are of another hour.
  "create table if not exists displaced (hour integer, id_hour integer, primary key (hour, id_hour)) without rowid",
  "create index if not exists displaced_by_id_hour on displaced (id_hour)",
];
/** A score that is on record. */
interface FeedbackRow extends Record<string, number | null> {
  score: number;
  /** Unix ms; null where the score is not counted in {@link FeedbackDays}. */
  given_at: number | null;
}

/** Fresh records are newer than those of any block. */
const FRESH = Number.MAX_SAFE_INTEGER;
/** The most late records of older versions that one step moves. */
const LATE_STEP = 200;

/**
 * The records that were there at a time: those of the journal, and the number of the last block.
 */
export interface RecordSnapshot {
  fresh: ReadonlyMap<string, string>;
  packed: number;
}

/**
 * The records of a ledger object that are in its database: fresh ones in its journal, those that
 * were packed in blocks, and what older versions stored.
 */
export class LedgerRecords {
  readonly #sql: LedgerSql;
  readonly #days: LedgerDays;
  readonly #journal: LedgerJournal;
  readonly #blocks: RecordBlocks;
  readonly #legacy: LegacyTables;
  /** How many scores of what kind the feedback has. */
  readonly feedback: FeedbackDays;

  constructor(sql: LedgerSql, days: LedgerDays, journal: LedgerJournal) {
    this.#sql = sql;
    this.#days = days;
    this.#journal = journal;
    this.#blocks = new RecordBlocks(sql);
    this.#legacy = new LegacyTables(sql);
    this.feedback = new FeedbackDays(sql);
    for (const table of TABLES) sql.run(table);
  }

  /** Looks at the tables anew, after a transaction that failed. */
  reload(): void {
    this.#legacy.reload();
  }

  /** The records of those ids that the database has. */
  find(ids: readonly string[]): Map<string, string> {
    return toMap(this.each(ids));
  }

  /** The same, one after the other: all of many ids may be more than the memory has. */
  *each(ids: readonly string[]): Generator<StoredRecord> {
    const left = new Set(ids);
    for (const stored of this.#eachNew(ids)) {
      left.delete(stored.id);
      yield stored;
    }
    for (const id of left) {
      const record = this.#legacy.find(id, dayOf(timeOfId(id)));
      if (record !== undefined) yield { id, record };
    }
  }

  /** Notes a record that is written to the journal, and when its execution started (Unix ms). */
  note(id: string, created_at: number, now: number): void {
    this.#days.touch(dayOf(timeOfId(id)), now);
    const [hour, idHour] = [hourOf(created_at), hourOf(timeOfId(id))];
    if (hour !== idHour) this.#sql.run("insert or ignore into displaced values (?, ?)", hour, idHour);
  }

  /**
   * Packs the fresh records into blocks. The journal forgets their rows in the same transaction.
   */
  pack(): void {
    const { fresh } = this.#journal;
    if (fresh.size === 0) return;
    const records = [...fresh].map(([id, record]) => ({ id, record }));
    this.#sql.transact(() => {
      this.#blocks.add(records, this.#journal.seq);
      this.#journal.markPacked();
    });
  }

  /** The newest records of a span of a day's ids, newest first. */
  newestIn(day: number, span: IdSpan, limits: RecordLimits): SomeRecords {
    const first = new FirstRecords("newest first", limits);
    first.add(recordsIn(this.#journal.fresh, span), FRESH);
    this.#legacy.addNewest(first, day, span, limits.records);
    this.#blocks.addNewest(first, span);
    return first.take();
  }

  /** Which records there are now, for a reader that goes on later. */
  snapshot(): RecordSnapshot {
    return { fresh: new Map(this.#journal.fresh), packed: this.#journal.packed };
  }

  /** Tables of older versions hold records. */
  get hasLegacy(): boolean {
    return this.#legacy.hasAny;
  }

  /**
   * All records with ids of an hour, in any order: those of a snapshot, beside which tables of
   * older versions must not change meanwhile.
   */
  *ofIdHour(hour: number, snapshot = this.snapshot()): Generator<StoredRecord> {
    const seen = new Set<string>();
    for (const stored of this.#versionsOf(hour, snapshot)) {
      if (seen.has(stored.id)) continue;
      seen.add(stored.id);
      yield stored;
    }
  }

  /** The next records after an id of those that a sealed day had when it was sealed, in order. */
  nextSealed({ day, sealed_seq }: LedgerDay, after: string, limits: RecordLimits): SomeRecords {
    const { from, to } = idsOfDay(day);
    const span = { from: after > from ? after : from, to };
    const first = new FirstRecords("oldest first", limits);
    this.#legacy.addNext(first, day, span);
    this.#blocks.addOldest(first, span, sealed_seq);
    return first.take();
  }

  /** Deletes some of what R2 has of a day. True when nothing of that is left here. */
  deleteCopied({ day, sealed_seq }: LedgerDay, limit: number): boolean {
    this.#legacy.dropDay(day);
    return this.#blocks.deleteSome(idsOfDay(day), sealed_seq, limit);
  }

  /** Late records of older versions are left. */
  get hasLate(): boolean {
    return this.#legacy.hasLate;
  }

  /** Moves some of them to the journal. */
  moveLate(): void {
    this.#sql.transact(() => {
      const late = this.#legacy.takeLate(LATE_STEP);
      const newer = toMap(this.#eachNew(late.map(({ id }) => id)));
      this.#journal.write(
        undefined,
        late.filter(({ id }) => !newer.has(id)),
      );
    });
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
  giveFeedback({ id, score, comment, rated }: GivenFeedback, now: number): number | null {
    const [before] = this.#sql.run<FeedbackRow>("select score, given_at from feedback where id = ?", id);
    this.#sql.transact(() => {
      const counted = this.#isCountable(before, now) ? rated : undefined;
      if (counted) this.feedback.count({ ...counted, score, before: before?.score ?? null });
      const givenAt = counted ? now : null;
      this.#sql.run("insert or replace into feedback values (?, ?, ?, ?)", id, score, comment, givenAt);
    });
    return before?.score ?? null;
  }

  /** Whether a score can be counted: one that replaces a score must know that this one was. */
  #isCountable(before: FeedbackRow | undefined, now: number): boolean {
    const since = this.#sql.meta("rated_since");
    if (since === undefined) this.#sql.setMeta("rated_since", now);
    return before === undefined || (since !== undefined && (before.given_at ?? 0) >= since);
  }

  adoptFeedback(entries: readonly FeedbackEntry[]): void {
    for (const { id, score, comment } of entries) {
      this.#sql.run("insert or ignore into feedback values (?, ?, ?, ?)", id, score, comment, null);
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
    const some = "select id from feedback where id >= ? and id < ? limit ?";
    const deleted = this.#sql.run(`delete from feedback where id in (${some}) returning 1 as gone`, from, to, limit);
    this.#sql.run("delete from displaced where id_hour < ?", (day + 1) * DAY_HOURS);
    return this.#blocks.deleteSome({ from, to }, Number.MAX_SAFE_INTEGER, limit) && deleted.length < limit;
  }

  /** The records of those ids that this version has stored. */
  *#eachNew(ids: readonly string[]): Generator<StoredRecord> {
    const { fresh } = this.#journal;
    for (const id of ids) {
      const record = fresh.get(id);
      if (record !== undefined) yield { id, record };
    }
    yield* this.#blocks.each(ids.filter((id) => !fresh.has(id)));
  }

  /** The records with ids of an hour, the newest of an id before its older ones. */
  *#versionsOf(hour: number, { fresh, packed }: RecordSnapshot): Generator<StoredRecord> {
    const span = idsOfHour(hour);
    yield* recordsIn(fresh, span);
    yield* this.#blocks.ofHour(hour, packed);
    yield* this.#legacy.each(dayOfHour(hour), span);
  }
}

function* recordsIn(records: ReadonlyMap<string, string>, { from, to }: IdSpan): Generator<StoredRecord> {
  for (const [id, record] of records) if (id >= from && id < to) yield { id, record };
}

function toMap(records: Iterable<StoredRecord>): Map<string, string> {
  return new Map(Array.from(records, ({ id, record }) => [id, record]));
}
