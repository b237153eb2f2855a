import { DAY_HOURS } from "../../domain/ledger/periods.ts";
import type { LedgerArchive } from "./ledger-archive.ts";
import type { LedgerDays } from "./ledger-days.ts";
import { idsOfHour, type IdSpan, type LedgerRecords, type StoredRecord } from "./ledger-records.ts";

/** A part of a day's ids to look at. */
export interface WalkSpan extends IdSpan {
  day: number;
  /** The records themselves are not needed. */
  idsOnly: boolean;
  /** Rows of the first read; it grows with each one. */
  atFirst: number;
}

/** The most rows of one read. */
const MAX_CHUNK = 500;

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

  /** Records of a span, with those in R2. */
  async *all(span: WalkSpan): AsyncGenerator<StoredRecord> {
    if (this.#days.stateOf(span.day) !== "archived") {
      yield* this.inDatabase(span);
      return;
    }
    const late = this.#late(span);
    for (const block of this.#archive.blocksIn(span.day, span)) {
      const records = await this.#archive.read(block);
      for (const stored of records.toReversed()) {
        if (stored.id >= span.from && stored.id < span.to) yield* late.with(stored);
      }
    }
    yield* late.rest();
  }

  /** Records of a span that are in the database. */
  *inDatabase(span: WalkSpan): Generator<StoredRecord> {
    const late = this.#late(span);
    if (this.#records.hasTable(span.day)) {
      let { to } = span;
      let isMore = true;
      for (let rows = span.atFirst; isMore; rows = Math.min(MAX_CHUNK, 2 * rows)) {
        const chunk = this.#records.newestIn(span.day, { from: span.from, to }, rows, span.idsOnly);
        for (const stored of chunk) yield* late.with(stored);
        to = chunk.at(-1)?.id ?? to;
        isMore = chunk.length === rows;
      }
    }
    yield* late.rest();
  }

  /** Records in the database of executions that may have started in an hour. */
  *startedIn(hour: number): Generator<StoredRecord> {
    for (const idHour of this.#records.idHoursOf(hour)) yield* this.ofIdHour(idHour);
  }

  /** Records in the database with ids of an hour. */
  *ofIdHour(idHour: number): Generator<StoredRecord> {
    const day = Math.floor(idHour / DAY_HOURS);
    if (this.#days.stateOf(day) === undefined) return;
    yield* this.inDatabase({ day, ...idsOfHour(idHour), idsOnly: false, atFirst: MAX_CHUNK });
  }

  #late(span: WalkSpan): LateRecords {
    if (this.#days.stateOf(span.day) === "live") return new LateRecords([]);
    return new LateRecords(this.#records.newestLate(span, Number.MAX_SAFE_INTEGER, span.idsOnly));
  }
}

/** Late records on their way between the others. A late one replaces the other of its id. */
class LateRecords {
  readonly #records: StoredRecord[];
  #at = 0;

  constructor(records: StoredRecord[]) {
    this.#records = records;
  }

  /** The late records that come before another one, and then that one. */
  *with(stored: StoredRecord): Generator<StoredRecord> {
    for (let next = this.#records[this.#at]; next && next.id >= stored.id; next = this.#records[this.#at]) {
      this.#at += 1;
      yield next;
      if (next.id === stored.id) return;
    }
    yield stored;
  }

  *rest(): Generator<StoredRecord> {
    yield* this.#records.slice(this.#at);
  }
}
