import { DAY_HOURS, dayOfHour, hourOf } from "../../domain/ledger/periods.ts";
import { Rollup, type RollupChange, unpackRollup } from "../../domain/ledger/rollup.ts";
import type { LedgerExtracts } from "./ledger-extracts.ts";
import type { LedgerSql } from "./ledger-sql.ts";
import type { RollupTable } from "./rollup-table.ts";

/** About how many lines of hours one step merges: a second's work at most, with one hour more. */
const STEP_LINES = 40_000;

/** A day that is being summed up: its hours before `until` are in `sum`. */
interface OpenDay {
  sum: Rollup;
  from: number;
  until: number;
}

/**
 * Sums the packed hours of days that are over into rows of days, and makes their extracts, in
 * bounded steps. Until a day has its row, its hours say what it has. The sum under way is in memory
 * only: it takes in what changes in its hours meanwhile, and begins anew after an eviction.
 */
export class DayPacking {
  readonly #sql: LedgerSql;
  readonly #table: RollupTable;
  readonly #extracts: LedgerExtracts;
  #packedDay = 0;
  #open: OpenDay | null = null;
  #steps: Generator<number> | null = null;

  constructor(sql: LedgerSql, table: RollupTable, extracts: LedgerExtracts) {
    this.#sql = sql;
    this.#table = table;
    this.#extracts = extracts;
  }

  /** Days before this one have a row. */
  get packedDay(): number {
    return this.#packedDay;
  }

  /** Forgets what is in memory. Of older versions the days of all packed hours have a row. */
  reload(dayOfPackedHour: number): void {
    this.#restart();
    const stored = this.#sql.meta("packed_day");
    this.#packedDay = stored ?? dayOfPackedHour;
    if (stored === undefined && dayOfPackedHour > 0) this.#setPacked(dayOfPackedHour);
  }

  /** The first day that may get a row. */
  begin(day: number): void {
    this.#setPacked(day);
  }

  /** Takes what changed in packed hours into the sum that is under way. */
  apply(changes: readonly RollupChange[]): void {
    for (const change of changes) {
      const open = this.#open;
      const hour = hourOf(change.created_at);
      if (!open || hour >= open.until || dayOfHour(hour) < this.#packedDay) continue;
      if (hour >= open.from) open.sum.apply(change);
      // The days get their rows in order.
      else this.#restart();
    }
  }

  /**
   * Packs some of the days before one: about `limit` lines of hours. True when nothing is left to
   * do.
   */
  work(before: number, limit = STEP_LINES): boolean {
    this.#steps ??= this.#pack(before);
    for (let lines = 0; lines < limit;) {
      const step = this.#steps.next();
      if (step.done === true) {
        this.#steps = null;
        return this.#packedDay >= before;
      }
      lines += step.value;
    }
    return false;
  }

  /** Yields the number of lines that each piece of work took. */
  *#pack(before: number): Generator<number> {
    for (let day = this.#nextDay(before); day !== null; day = this.#nextDay(before)) {
      yield* this.#mergeHours(day);
      const lines = this.#store(day);
      yield lines;
      const extracts = this.#extracts.makeDaily(day);
      while (extracts.next().done !== true) yield lines;
    }
    if (this.#packedDay < before) this.#setPacked(before);
  }

  *#mergeHours(day: number): Generator<number> {
    const from = day * DAY_HOURS;
    const open = (this.#open = { sum: new Rollup(), from, until: from });
    while (open.until < from + DAY_HOURS) {
      const packed = this.#table.read("hour", open.until);
      open.until += 1;
      if (packed.plain.length === 0) continue;
      const hour = unpackRollup(packed);
      open.sum.merge(hour);
      yield hour.plain.size + hour.users.size;
    }
  }

  /** Stores the sum as the row of its day. Returns about how many lines its hours have. */
  #store(day: number): number {
    const { plain, users } = this.#open?.sum ?? new Rollup();
    this.#sql.transact(() => {
      if (this.#open) this.#table.add("day", day, this.#open.sum.pack());
      this.#setPacked(day + 1);
    });
    this.#open = null;
    return plain.size + users.size;
  }

  /** The first day before one that has hours and no row. */
  #nextDay(before: number): number | null {
    const day = this.#table.nextDayOfHours(this.#packedDay);
    return day !== null && day < before ? day : null;
  }

  #restart(): void {
    [this.#open, this.#steps] = [null, null];
  }

  #setPacked(day: number): void {
    this.#sql.setMeta("packed_day", day);
    this.#packedDay = day;
  }
}
