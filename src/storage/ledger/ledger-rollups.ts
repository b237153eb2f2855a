import { dayOfHour, HOUR_MS, hourOf } from "../../domain/ledger/periods.ts";
import { type FailedExecution, RecentFailures } from "../../domain/ledger/recent-failures.ts";
import { Rollup, type RollupChange, unpackRollup } from "../../domain/ledger/rollup.ts";
import { DayPacking } from "./day-packing.ts";
import { LedgerExtracts } from "./ledger-extracts.ts";
import type { LedgerSql } from "./ledger-sql.ts";
import { RememberedSums } from "./remembered-sums.ts";
import { RollupTable, type RollupUnit } from "./rollup-table.ts";

/** An hour is packed this long after its end, ms: most of its executions have ended by then. */
const PACK_AFTER_MS = 600_000;
/** Finished hours of the same day are packed when this many records wait for it. */
const PACK_AT = 256;

/**
 * The sums of a ledger object by hour and by day. Hours that are not packed yet are in memory only:
 * they are the sums of the records that started in them, and are summed anew after an eviction, in
 * as many steps as their user likes. So an execution costs no row beside its record. What comes
 * later changes the packed rows.
 */
export class LedgerRollups {
  /** The packed periods. */
  readonly table: RollupTable;
  /** Copies of what they say by a few dimensions. */
  readonly extracts: LedgerExtracts;
  readonly remembered: RememberedSums;
  /** Failures of the open hours. */
  readonly failures = new RecentFailures();
  readonly #sql: LedgerSql;
  readonly #days: DayPacking;
  /** Hours before this one are packed. */
  #packedHour = 0;
  #open: Map<number, Rollup> | null = null;
  /** What is still to be summed of the open hours; null when they are whole, or not begun. */
  #left: Iterator<RollupChange> | null = null;
  /** What was taken out meanwhile, whose records may not be summed yet. */
  #takenOut: RollupChange[] = [];
  #waiting = 0;

  constructor(sql: LedgerSql) {
    this.#sql = sql;
    this.table = new RollupTable(sql);
    this.extracts = new LedgerExtracts(sql, this.table);
    this.remembered = new RememberedSums(this.table);
    this.#days = new DayPacking(sql, this.table, this.extracts);
    this.reload();
  }

  /** Forgets what is in memory, after a transaction that failed. */
  reload(): void {
    this.#packedHour = this.#sql.meta("packed") ?? 0;
    this.#days.reload(dayOfHour(this.#packedHour));
    this.#close();
  }

  get packedHour(): number {
    return this.#packedHour;
  }

  /** Days before this one have a row. */
  get packedDay(): number {
    return this.#days.packedDay;
  }

  /** A day is over whose hours are packed, and the day is not. */
  get hasDayToPack(): boolean {
    return this.packedDay < dayOfHour(this.#packedHour);
  }

  /** The sums of the open hours are in memory, or on their way there. */
  get isBegun(): boolean {
    return this.#open !== null;
  }

  /** The sums of the open hours are in memory. */
  get isOpen(): boolean {
    return this.#open !== null && this.#left === null;
  }

  /** Begins to sum the open hours. `changes` are those of their records as they are now. */
  open(changes: Iterator<RollupChange>): void {
    this.#close();
    [this.#open, this.#left] = [new Map(), changes];
  }

  /** Sums some more of the open hours. */
  openSome(limit: number): void {
    try {
      for (let done = 0; this.#left && done < limit; done++) {
        const next = this.#left.next();
        if (next.done !== true) this.#addOpen(next.value);
        else this.#finishOpen();
      }
    } catch (error) {
      // A part of the sums must not be taken for all of them.
      this.#close();
      throw error;
    }
  }

  /** The open hours that have executions. */
  openHours(): ReadonlyMap<number, Rollup> {
    return this.#open ?? new Map<number, Rollup>();
  }

  /** The first use of the object: hours before now will be packed at once if any comes. */
  begin(now: number): void {
    if (this.#packedHour === 0) this.#setPacked(hourOf(now - PACK_AFTER_MS));
  }

  /** Changes the rows of packed periods. Belongs in the transaction that writes the records. */
  applyPacked(changes: readonly RollupChange[], oldestHour: number): void {
    const past = changes.filter(({ created_at }) => hourOf(created_at) < this.#packedHour);
    // What is older than the hours that are kept counts in its day, unless that has no row yet.
    const isKept = (hour: number) => hour >= oldestHour || dayOfHour(hour) >= this.packedDay;
    const kept = past.filter((change) => isKept(hourOfChange(change)));
    for (const [hour, some] of Map.groupBy(kept, hourOfChange)) this.#change("hour", hour, some);
    this.#days.apply(kept);
    const ofDays = past.filter((change) => dayOfHour(hourOfChange(change)) < this.packedDay);
    for (const [day, some] of Map.groupBy(ofDays, (change) => dayOfHour(hourOfChange(change)))) {
      this.#change("day", day, some);
    }
  }

  /** Changes the sums in memory, once the records are written. */
  applyOpen(changes: Iterable<RollupChange>): void {
    for (const change of changes) {
      if (this.#left && change.sign === -1) this.#takenOut.push(change);
      else this.#addOpen(change);
    }
  }

  /** Whether finished hours should be packed: many records wait, or their day is over. */
  isPackDue(now: number): boolean {
    const until = hourOf(now - PACK_AFTER_MS);
    return until > this.#packedHour && (this.#waiting >= PACK_AT || dayOfHour(until) > dayOfHour(this.#packedHour));
  }

  /** Packs some of the days that are over, by the lines of their hours. True when none is left. */
  packDays(limit?: number): boolean {
    return this.#days.work(dayOfHour(this.#packedHour), limit);
  }

  /** Packs the hours that are over. The open hours must be in memory. */
  pack(now: number): void {
    const until = hourOf(now - PACK_AFTER_MS);
    if (!this.#open || !this.isOpen || until <= this.#packedHour) return;
    const over = [...this.#open].filter(([hour]) => hour < until);
    this.#sql.transact(() => {
      for (const [hour, rollup] of over) this.table.add("hour", hour, rollup.pack());
      this.#setPacked(until);
    });
    for (const [hour] of over) this.#open.delete(hour);
    this.#waiting = [...this.#open.values()].reduce((sum, rollup) => sum + countOf(rollup), 0);
  }

  #addOpen(change: RollupChange): void {
    const hour = hourOfChange(change);
    if (!this.#open || hour < this.#packedHour) return;
    const rollup = this.#open.get(hour) ?? new Rollup();
    rollup.apply(change);
    if (change.failure) this.#keepFailure(change.failure, change.sign);
    this.#open.set(hour, rollup);
    this.#waiting += 1;
  }

  #keepFailure(failure: FailedExecution, sign: 1 | -1): void {
    if (sign === 1) this.failures.add(failure);
    else this.failures.remove(failure);
  }

  #finishOpen(): void {
    this.#left = null;
    for (const change of this.#takenOut.splice(0)) this.#addOpen(change);
  }

  #close(): void {
    [this.#open, this.#left, this.#takenOut, this.#waiting] = [null, null, [], 0];
    this.failures.clear();
  }

  #change(unit: RollupUnit, start: number, changes: readonly RollupChange[]): void {
    const rollup = unpackRollup(this.table.read(unit, start));
    for (const change of changes) rollup.apply(change);
    this.table.replace(unit, start, rollup.pack());
  }

  #setPacked(hour: number): void {
    // Before the first hour there are no days to pack.
    if (this.#packedHour === 0) this.#days.begin(dayOfHour(hour));
    this.#sql.setMeta("packed", hour);
    this.#packedHour = hour;
  }
}

/** The hour in which the execution of a change started. */
export function hourOfChange({ created_at }: RollupChange): number {
  return Math.floor(created_at / HOUR_MS);
}

function countOf({ plain }: Rollup): number {
  return [...plain.values()].reduce((sum, line) => sum + line.sums.executions, 0);
}
