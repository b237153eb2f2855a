import { DAILY_EXTRACTS, ExtractMaker, kindOf, packExtract, readExtract } from "../../domain/ledger/extract.ts";
import { DAY_HOURS } from "../../domain/ledger/periods.ts";
import { readPart, type RollupColumn } from "../../domain/ledger/rollup.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import type { SumColumns } from "../../domain/usage/sum-table.ts";
import { DAYS_OF_BLOCK, EXTRACT_TABLES } from "./extract-tables.ts";
import type { LedgerSql } from "./ledger-sql.ts";
import type { RollupTable, RollupUnit } from "./rollup-table.ts";

/** What an extract has: the hours of a day, the days of a block, or all of a block in one. */
export type ExtractUnit = "hours" | "days" | "block";

interface StoredPart extends Record<string, string | number> {
  start: number;
  body: string;
}

/** The most extracts of different columns that are stored. Others are made for each query. */
const MAX_NAMES = 32;
/** Those that are made each day have their place, whatever was asked for before. */
const DAILY_NAMES = new Set(DAILY_EXTRACTS.map(nameOf));
/** The most rows that one step deletes. */
const DELETE_STEP = 500;
/**
 * The most lines of an extract that is stored, some 10 MB. A larger one saves too little of what it
 * is made from to be written and kept.
 */
const MAX_LINES = 100_000;

/** The rollups that an extract is made from: their unit, how many, and the hours of each. */
type Source = readonly [RollupUnit, number, number];
const HOURS_OF_DAY: Source = ["hour", DAY_HOURS, 1];
const DAYS_OF_A_BLOCK: Source = ["day", DAYS_OF_BLOCK, DAY_HOURS];

/**
 * The extracts of a ledger object: what its packed rollups say by a few dimensions, so that usage
 * needs not read every combination. An extract is a copy. It is made when a day is over or when it
 * is first asked for, and whoever changes the rollups drops it in the same transaction, which the
 * database does by itself: older versions of this code know of no extracts.
 */
export class LedgerExtracts {
  readonly #sql: LedgerSql;
  readonly #rollups: RollupTable;
  readonly #names: Set<string>;

  constructor(sql: LedgerSql, rollups: RollupTable) {
    this.#sql = sql;
    this.#rollups = rollups;
    for (const statement of EXTRACT_TABLES) sql.run(statement);
    this.#names = new Set(sql.run<{ name: string }>("select name from extract_names").map(({ name }) => name));
  }

  /**
   * The parts of extracts of packed periods, and of those that are missing, which it makes. Days
   * and blocks are numbered from 1970. A block must be whole.
   */
  *read(unit: ExtractUnit, columns: readonly RollupColumn[], { from, to }: NumberSpan): Generator<SumColumns> {
    const found = new Set<number>();
    const isWanted = "unit = ? and name = ? and start >= ? and start < ?";
    const select = `select start, body from extracts where ${isWanted}`;
    for (const { start, body } of this.#sql.each<StoredPart>(select, unit, nameOf(columns), from, to)) {
      found.add(start);
      yield readExtract(body);
    }
    for (let start = from; start < to; start++) {
      if (!found.has(start)) yield* this.#make(unit, columns, start);
    }
  }

  /**
   * Makes what most queries are read from of a day that is over. Yields after each extract, which
   * reads all of the day's or the block's rollups.
   */
  *makeDaily(day: number): Generator {
    const block = Math.floor(day / DAYS_OF_BLOCK);
    for (const columns of DAILY_EXTRACTS) {
      // Hours with users are kept for a few days only.
      if (kindOf(columns) === "plain") yield this.#makeNow("hours", columns, day);
      yield this.#makeNow("days", columns, block);
      if ((day + 1) % DAYS_OF_BLOCK === 0) yield this.#makeNow("block", columns, block);
    }
  }

  /**
   * Deletes some of the extracts of a unit that start before a day or block. Rollups drop theirs
   * when they are deleted; those of periods without any rollups are left. True when none is left.
   */
  deleteBefore(unit: ExtractUnit, start: number): boolean {
    const isOld = "unit = ? and name in (select name from extract_names) and start < ?";
    const some = `select unit, name, start, part from extracts where ${isOld} limit ?`;
    const remove = `delete from extracts where (unit, name, start, part) in (${some}) returning 1 as gone`;
    return this.#sql.run(remove, unit, start, DELETE_STEP).length < DELETE_STEP;
  }

  /** The first day of which an extract is stored; null where there is none. */
  oldestDay(): number | null {
    const first = this.#sql.run<{ unit: ExtractUnit; start: number }>(
      "select unit, min(start) as start from extracts group by unit",
    );
    const days = first.map(({ unit, start }) => (unit === "hours" ? start : start * DAYS_OF_BLOCK));
    return days.length === 0 ? null : Math.min(...days);
  }

  #makeNow(unit: ExtractUnit, columns: readonly RollupColumn[], start: number): void {
    const pieces = this.#make(unit, columns, start);
    while (pieces.next().done !== true);
  }

  /**
   * Makes an extract piece by piece, since the users of a day by the hour, or of eight days, are
   * too many for the memory at once. Stores it when it was read to its end, unless it is too large.
   */
  *#make(unit: ExtractUnit, columns: readonly RollupColumn[], start: number): Generator<SumColumns> {
    const parts: string[] = [];
    let lines = 0;
    for (const piece of unit === "block" ? this.#ofBlock(columns, start) : this.#ofPeriods(unit, columns, start)) {
      lines += piece.size;
      if (lines <= MAX_LINES) parts.push(...packExtract(piece));
      else parts.length = 0;
      yield piece;
    }
    if (lines <= MAX_LINES) this.#store(unit, nameOf(columns), start, parts);
  }

  *#ofBlock(columns: readonly RollupColumn[], block: number): Generator<SumColumns> {
    const maker = new ExtractMaker(columns, false);
    for (const days of this.read("days", columns, { from: block, to: block + 1 })) {
      if (maker.isLarge) yield maker.take();
      maker.addExtract({ ...days, values: days.values.slice(0, columns.length) });
    }
    yield maker.take();
  }

  *#ofPeriods(unit: "hours" | "days", columns: readonly RollupColumn[], start: number): Generator<SumColumns> {
    const [from, periods, hours] = unit === "hours" ? HOURS_OF_DAY : DAYS_OF_A_BLOCK;
    const span = { from: start * periods, to: (start + 1) * periods };
    const maker = new ExtractMaker(columns, true);
    for (const part of this.#rollups.eachOf(from, kindOf(columns), span)) {
      if (maker.isLarge) yield maker.take();
      maker.addPart(readPart(part.body), part.start * hours);
    }
    yield maker.take();
  }

  #store(unit: ExtractUnit, name: string, start: number, parts: readonly string[]): void {
    if (!this.#hasPlaceFor(name)) return;
    this.#sql.transact(() => {
      // The triggers know an extract by this row, so that it must not depend on what is in memory.
      this.#sql.run("insert or ignore into extract_names values (?)", name);
      for (const [part, body] of parts.entries()) {
        this.#sql.run("insert or replace into extracts values (?, ?, ?, ?, ?)", unit, name, start, part, body);
      }
    });
    this.#names.add(name);
  }

  #hasPlaceFor(name: string): boolean {
    if (this.#names.has(name) || DAILY_NAMES.has(name)) return true;
    return this.#names.difference(DAILY_NAMES).size < MAX_NAMES - DAILY_NAMES.size;
  }
}

function nameOf(columns: readonly RollupColumn[]): string {
  return columns.join();
}
