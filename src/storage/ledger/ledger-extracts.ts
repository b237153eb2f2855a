import { DAILY_EXTRACTS, ExtractMaker, kindOf, packExtracts, readExtract } from "../../domain/ledger/extract.ts";
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
      if (!found.has(start)) yield* this.#make(unit, columns, start).map(readExtract);
    }
  }

  /** Makes what most queries are read from of a day that is over. */
  makeDaily(day: number): void {
    const block = Math.floor(day / DAYS_OF_BLOCK);
    for (const columns of DAILY_EXTRACTS) {
      // Hours with users are kept for a few days only.
      if (kindOf(columns) === "plain") this.#make("hours", columns, day);
      this.#make("days", columns, block);
      if ((day + 1) % DAYS_OF_BLOCK === 0) this.#make("block", columns, block);
    }
  }

  /** Makes an extract and stores it. Returns its parts. */
  #make(unit: ExtractUnit, columns: readonly RollupColumn[], start: number): string[] {
    const parts = unit === "block" ? this.#packBlock(columns, start) : this.#packPeriods(unit, columns, start);
    this.#store(unit, nameOf(columns), start, parts);
    return parts;
  }

  #packBlock(columns: readonly RollupColumn[], block: number): string[] {
    const maker = new ExtractMaker(columns, false);
    for (const days of this.read("days", columns, { from: block, to: block + 1 })) {
      maker.addExtract({ ...days, values: days.values.slice(0, columns.length) });
    }
    return packExtracts([maker.extract()]);
  }

  /** The days of a block are summed one by one, since all of their users may be too many at once. */
  #packPeriods(unit: "hours" | "days", columns: readonly RollupColumn[], start: number): string[] {
    const kind = kindOf(columns);
    const make = (from: RollupUnit, span: NumberSpan, hours: number) => {
      const maker = new ExtractMaker(columns, true);
      for (const part of this.#rollups.eachOf(from, kind, span)) maker.addPart(readPart(part.body), part.start * hours);
      return maker.extract();
    };
    if (unit === "hours") {
      return packExtracts([make("hour", { from: start * DAY_HOURS, to: (start + 1) * DAY_HOURS }, 1)]);
    }
    const days = Array.from({ length: DAYS_OF_BLOCK }, (_, at) => start * DAYS_OF_BLOCK + at);
    return packExtracts(days.map((day) => make("day", { from: day, to: day + 1 }, DAY_HOURS)));
  }

  #store(unit: ExtractUnit, name: string, start: number, parts: readonly string[]): void {
    if (!this.#names.has(name) && this.#names.size >= MAX_NAMES) return;
    this.#sql.transact(() => {
      // The triggers know an extract by this row, so that it must not depend on what is in memory.
      this.#sql.run("insert or ignore into extract_names values (?)", name);
      for (const [part, body] of parts.entries()) {
        this.#sql.run("insert or replace into extracts values (?, ?, ?, ?, ?)", unit, name, start, part, body);
      }
    });
    this.#names.add(name);
  }
}

function nameOf(columns: readonly RollupColumn[]): string {
  return columns.join();
}
