import { dayOfHour } from "../../domain/ledger/periods.ts";
import type { LedgerArchive } from "./ledger-archive.ts";
import type { LedgerDays } from "./ledger-days.ts";
import type { LedgerRecords, RecordSnapshot } from "./ledger-records.ts";
import type { IdSpan, StoredRecord } from "./stored-record.ts";

/** A part of a day's ids to look at. */
export interface WalkSpan extends IdSpan {
  day: number;
  /** Records of the first read; it grows with each one. */
  atFirst: number;
}

/**
 * The most records of one read, and about the most characters. Where blocks overlap, each read
 * opens all of them.
 */
const MAX_CHUNK = { records: 8_000, characters: 8_000_000 };
/** How many times as many records as the one before a read takes. */
const GROWTH = 8;

/** The records of a ledger object, newest first, wherever they are. */
export class RecordWalk {
  readonly #days: LedgerDays;
  readonly #records: LedgerRecords;
  readonly #archive: LedgerArchive;

  constructor(days: LedgerDays, records: LedgerRecords, archive: LedgerArchive) {
    this.#days = days;
    this.#records = records;
    this.#archive = archive;
  }

  /** Records of a span, with those in R2, newest first. */
  async *all(span: WalkSpan): AsyncGenerator<StoredRecord> {
    if (this.#days.isArchived(span.day)) yield* merge(this.inDatabase(span), this.#archived(span));
    else yield* this.inDatabase(span);
  }

  /** Records of a span that are in the database, newest first. */
  *inDatabase(span: WalkSpan): Generator<StoredRecord> {
    let { to } = span;
    let isMore = true;
    for (let records = span.atFirst; isMore; records = Math.min(MAX_CHUNK.records, GROWTH * records)) {
      const chunk = this.#records.newestIn(span.day, { from: span.from, to }, { ...MAX_CHUNK, records });
      yield* chunk.records;
      to = chunk.records.at(-1)?.id ?? to;
      ({ isMore } = chunk);
    }
  }

  /** Records in the database of executions that may have started in an hour, in any order. */
  *startedIn(hour: number): Generator<StoredRecord> {
    for (const idHour of this.#records.idHoursOf(hour)) yield* this.ofIdHour(idHour);
  }

  /** Records in the database with ids of an hour, as they are now or were, in any order. */
  *ofIdHour(idHour: number, snapshot?: RecordSnapshot): Generator<StoredRecord> {
    if (this.#days.stateOf(dayOfHour(idHour)) === undefined) return;
    yield* this.#records.ofIdHour(idHour, snapshot);
  }

  async *#archived(span: WalkSpan): AsyncGenerator<StoredRecord> {
    for (const block of this.#archive.blocksIn(span.day, span)) {
      const records = await this.#archive.read(block);
      for (const stored of records.toReversed()) if (stored.id >= span.from && stored.id < span.to) yield stored;
    }
  }
}

/** Merges records of two sources, newest first. Those of the first replace the other's. */
async function* merge(newer: Iterator<StoredRecord>, older: AsyncIterable<StoredRecord>): AsyncGenerator<StoredRecord> {
  let next = newer.next();
  for await (const stored of older) {
    let isReplaced = false;
    for (; next.done !== true && next.value.id >= stored.id; next = newer.next()) {
      isReplaced = next.value.id === stored.id;
      yield next.value;
    }
    if (!isReplaced) yield stored;
  }
  for (; next.done !== true; next = newer.next()) yield next.value;
}
