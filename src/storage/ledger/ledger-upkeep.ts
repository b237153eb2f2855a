import { DAY_MS, dayOf, HOUR_MS } from "../../domain/ledger/periods.ts";
import { deleteAt, type LedgerSettings, ROLLUP_DAYS, sealAt } from "../../domain/ledger/retention.ts";
import { DAYS_OF_BLOCK } from "./extract-tables.ts";
import type { LedgerBook } from "./ledger-book.ts";
import type { LedgerDay } from "./ledger-days.ts";
import type { StoredRecord } from "./ledger-records.ts";

/** The bounds of one step. */
export interface UpkeepLimits {
  /** The most records and characters of a block in R2. */
  block: { records: number; characters: number };
  /** The most blocks that are written or deleted. */
  written: number;
  deleted: number;
  /** The most rows that are deleted beside a day's blocks. */
  rows: number;
}

const LIMITS: UpkeepLimits = {
  block: { records: 2_000, characters: 4_000_000 },
  written: 8,
  deleted: 50,
  rows: 500,
};
/** The rollups, and how long they are kept. */
const ROLLUPS = (["plain", "users"] as const).flatMap((kind) =>
  (["hour", "day"] as const).map((unit) => ({
    kind,
    unit,
    unitMs: unit === "hour" ? HOUR_MS : DAY_MS,
    keptMs: ROLLUP_DAYS[kind][unit] * DAY_MS,
  })),
);
/** The most records that are read at a time for a block: one may have 2 MB. */
const READ_STEP = 50;

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
    const { days, rollups } = this.#book;
    this.#book.openRollups(now);
    // A sealed day must have no open hours: they are summed anew from its table.
    rollups.pack(now);
    for (const day of days.all()) if (day.state === "live" && this.#sealAt(day) <= now) days.seal(day.day);
    const sealed = days.all().find(({ state }) => state === "sealed");
    if (sealed) await this.#archiveSome(sealed.day);
    // The hours of a day must not be deleted before it has its sums.
    if (!rollups.packDays()) return now;
    const isDone = await this.#deleteOld(now);
    return isDone && rollups.table.moveOld() ? this.next(now) : now;
  }

  /** When there is work to do, Unix ms; null where nothing is stored. */
  next(now: number): number | null {
    const { days, rollups } = this.#book;
    if (rollups.hasDayToPack) return now;
    const ofDays = days.all().map((day) => {
      if (day.state === "live") return this.#sealAt(day);
      return day.state === "sealed" ? now : deleteAt(day.day, this.#settings);
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

  async #archiveSome(day: number): Promise<void> {
    const { archive, days } = this.#book;
    for (let blocks = 0; blocks < this.#limits.written; blocks++) {
      const records = this.#nextBlock(day, archive.lastOf(day)?.last_id ?? "");
      if (records.length === 0) return days.dropTable(day);
      await archive.write(day, records);
    }
  }

  #nextBlock(day: number, after: string): StoredRecord[] {
    const block: StoredRecord[] = [];
    let characters = 0;
    const limit = this.#limits.block;
    while (block.length < limit.records && characters < limit.characters) {
      const rows = Math.min(READ_STEP, limit.records - block.length);
      const some = this.#book.records.nextIn(day, block.at(-1)?.id ?? after, rows);
      block.push(...some);
      characters += some.reduce((sum, { record }) => sum + record.length, 0);
      if (some.length < rows) break;
    }
    return block;
  }

  /** Deletes some of what is past its time. True when nothing of it is left. */
  async #deleteOld(now: number): Promise<boolean> {
    const { archive, days, records, rollups } = this.#book;
    const isPast = ROLLUPS.map(({ unit, kind, keptMs, unitMs }) =>
      rollups.table.deleteBefore(unit, kind, Math.floor((now - keptMs) / unitMs)),
    );
    const { hour, day: lastDay } = ROLLUP_DAYS.plain;
    const block = Math.floor((dayOf(now) - lastDay) / DAYS_OF_BLOCK);
    isPast.push(
      rollups.extracts.deleteBefore("hours", dayOf(now) - hour),
      rollups.extracts.deleteBefore("days", block),
      rollups.extracts.deleteBefore("block", block),
    );
    const isDue = ({ day, state }: LedgerDay) => state === "archived" && deleteAt(day, this.#settings) <= now;
    const due = days.all().find(isDue);
    if (!due) return isPast.every(Boolean);
    const areBlocksDone = await archive.deleteSome(due.day, this.#limits.deleted);
    if (areBlocksDone && records.deleteBeside(due.day, this.#limits.rows)) days.forget(due.day);
    return false;
  }
}
