import { DAY_MS, dayOf, HOUR_MS } from "../../domain/ledger/periods.ts";
import { deleteAt, type LedgerSettings, ROLLUP_DAYS, sealAt } from "../../domain/ledger/retention.ts";
import { STORED_KINDS } from "../../domain/ledger/rollup.ts";
import type { LedgerBook } from "./ledger-book.ts";
import type { SomeRecords } from "./first-records.ts";
import type { LedgerDay } from "./ledger-days.ts";
import type { StoredRecord } from "./stored-record.ts";
import { DAYS_OF_BLOCK } from "./extract-tables.ts";

/** The bounds of one step. */
export interface UpkeepLimits {
  /** The most records and characters of a block in R2. */
  block: { records: number; characters: number };
  /** The most blocks of R2 that are written, or somewhat more, and that are deleted. */
  written: number;
  deleted: number;
  /** The most rows that are deleted of what the database has of a day. */
  rows: number;
}

const LIMITS: UpkeepLimits = {
  block: { records: 2_000, characters: 4_000_000 },
  written: 4,
  deleted: 50,
  rows: 500,
};
/** The rollups, and how long they are kept. */
const ROLLUPS = STORED_KINDS.flatMap((kind) =>
  (["hour", "day"] as const).map((unit) => ({
    kind,
    unit,
    unitMs: unit === "hour" ? HOUR_MS : DAY_MS,
    keptMs: ROLLUP_DAYS[kind][unit] * DAY_MS,
  })),
);

/**
 * What a ledger object does by itself: it packs rollups, moves days that are over to R2, and
 * deletes what is past its time. Each call does a bounded step, and repeats what a crash cut off.
 */
export class LedgerUpkeep {
  readonly #book: LedgerBook;
  readonly #settings: LedgerSettings;

  readonly #limits: UpkeepLimits;

  constructor(book: LedgerBook, settings: LedgerSettings, limits: UpkeepLimits = LIMITS) {
    this.#book = book;
    this.#settings = settings;
    this.#limits = limits;
  }

  /** Does a step of the work that is due. Returns when there is more, Unix ms, or null. */
  async work(now: number): Promise<number | null> {
    const { days, journal, records } = this.#book;
    this.#book.packRecords();
    // Rows whose records leave the database must not have intents that are looked up in it.
    this.#book.trimJournal(now);
    // A sealed day must have no open hours: they are summed anew from its records.
    this.#book.packHours(now);
    if (records.hasLate) this.#book.moveLate();
    for (const day of days.all()) {
      if (day.state === "live" && this.#sealAt(day) <= now) days.seal(day.day, journal.packed);
    }
    const sealed = days.all().find(({ state }) => state === "sealed");
    if (sealed) await this.#archiveSome(sealed);
    const copied = days.all().find(({ state }) => state === "copied");
    if (copied && records.deleteCopied(copied, this.#limits.rows)) days.setState(copied.day, "archived");
    return (await this.#sumAndDelete(now)) ? this.next(now) : now;
  }

  /** When there is work to do, Unix ms; null where nothing is stored. */
  next(now: number): number | null {
    const { days, records, rollups } = this.#book;
    if (records.hasLate || rollups.hasDayToPack) return now;
    const ofDays = days.all().map((day) => {
      if (day.state === "live") return this.#sealAt(day);
      return day.state === "archived" ? deleteAt(day.day, this.#settings) : now;
    });
    const ofRollups = ROLLUPS.map(({ unit, kind, keptMs, unitMs }) => {
      const oldest = rollups.table.oldest(unit, kind);
      return oldest === null ? Infinity : (oldest + 1) * unitMs + keptMs + DAY_MS;
    });
    const next = Math.min(...ofDays, ...ofRollups);
    return Number.isFinite(next) ? next : this.#lastExtracts();
  }

  /** The database is larger than it should be: days are archived as soon as they are over. */
  get isFull(): boolean {
    return this.#book.sql.size > this.#settings.maxBytes;
  }

  #sealAt(day: { day: number; touched_at: number }): number {
    return sealAt(day, this.#settings, this.isFull);
  }

  /** Without any rollups there are extracts of days that had none. */
  #lastExtracts(): number | null {
    const day = this.#book.rollups.extracts.oldestDay();
    return day === null ? null : (day + DAYS_OF_BLOCK + ROLLUP_DAYS.plain.day) * DAY_MS;
  }

  async #archiveSome(day: LedgerDay): Promise<void> {
    const { archive, days, records } = this.#book;
    const { block, written } = this.#limits;
    const limits = { records: block.records * written, characters: block.characters * written };
    // Blocks that overlap are read once for all that is written.
    const some = records.nextSealed(day, archive.lastOf(day.day)?.last_id ?? "", limits);
    for (const part of this.#partsOf(some)) await archive.write(day.day, part);
    if (!some.isMore) days.setState(day.day, "copied");
  }

  /** Whole blocks: where they end must not depend on how many a step reads. */
  #partsOf({ records, isMore }: SomeRecords): StoredRecord[][] {
    const { block } = this.#limits;
    const parts: StoredRecord[][] = [];
    let part: StoredRecord[] = [];
    let characters = 0;
    for (const stored of records) {
      part.push(stored);
      characters += stored.record.length;
      if (part.length < block.records && characters < block.characters) continue;
      parts.push(part);
      [part, characters] = [[], 0];
    }
    return isMore || part.length === 0 ? parts : [...parts, part];
  }

  /** Packs days, or deletes some of what is past its time. True when nothing of it is left. */
  async #sumAndDelete(now: number): Promise<boolean> {
    const { records, rollups } = this.#book;
    // The hours of a day must not be deleted before it has its sums.
    if (!rollups.packDays()) return false;
    const isPast = ROLLUPS.map(({ unit, kind, keptMs, unitMs }) =>
      rollups.table.deleteBefore(unit, kind, Math.floor((now - keptMs) / unitMs)),
    );
    const { hour, day } = ROLLUP_DAYS.plain;
    const block = Math.floor((dayOf(now) - day) / DAYS_OF_BLOCK);
    const areExtractsDone = [
      rollups.extracts.deleteBefore("hours", dayOf(now) - hour),
      rollups.extracts.deleteBefore("days", block),
      rollups.extracts.deleteBefore("block", block),
    ];
    const isFeedbackDone = records.feedback.deleteBefore(dayOf(now) - ROLLUP_DAYS.insights.hour, this.#limits.rows);
    const isDone = [...isPast, ...areExtractsDone, isFeedbackDone, rollups.table.moveOld()].every(Boolean);
    return (await this.#deleteDay(now)) && isDone;
  }

  /** Deletes some of the first day whose records are past their time. True when there is none. */
  async #deleteDay(now: number): Promise<boolean> {
    const { archive, days, journal, records } = this.#book;
    const isDue = ({ day, state }: LedgerDay) => state === "archived" && deleteAt(day, this.#settings) <= now;
    const due = days.all().find(isDue);
    if (!due) return true;
    const areBlocksDone = await archive.deleteSome(due.day, this.#limits.deleted);
    // A record may have come meanwhile. In the journal it would outlive its day.
    this.#book.packRecords();
    if (!areBlocksDone || !records.deleteBeside(due.day, this.#limits.rows)) return false;
    journal.deleteFree();
    days.forget(due.day);
    return false;
  }
}
