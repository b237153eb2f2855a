import type { LedgerSql } from "./ledger-sql.ts";

/**
 * A day's way: `live` while records arrive, `sealed` while those that it has are being copied to
 * R2, `copied` once they are all there and are being deleted here, and then `archived`.
 */
export type DayState = "live" | "sealed" | "copied" | "archived";

/** A day that has executions. */
export interface LedgerDay {
  day: number;
  state: DayState;
  /** About when it last took a record, Unix ms: not more than {@link TOUCH_MS} before that. */
  touched_at: number;
  /** The number of the last blocks that go to R2: what comes once a day is sealed stays here. */
  sealed_seq: number;
}

interface DayRow extends LedgerDay, Record<string, string | number> {}

/** How far `touched_at` may lag behind, so that a day costs few writes. */
export const TOUCH_MS = 3_600_000;

/** The days of a ledger object. */
export class LedgerDays {
  readonly #sql: LedgerSql;
  #days = new Map<number, LedgerDay>();
  #deletedBefore = 0;

  constructor(sql: LedgerSql) {
    this.#sql = sql;
    sql.run("create table if not exists days (day integer primary key, state text not null, touched_at integer)");
    this.reload();
  }

  /** Reads the days anew, after a transaction that failed. */
  reload(): void {
    const rows = this.#sql.run<DayRow>("select * from days");
    // The column is not there before the days of an older version are read for the first time.
    this.#days = new Map(rows.map((row) => [row.day, { ...row, sealed_seq: row.sealed_seq ?? 0 }]));
    this.#deletedBefore = this.#sql.meta("deleted") ?? 0;
  }

  /** All days, the oldest first. */
  all(): LedgerDay[] {
    return [...this.#days.values()].sort((a, b) => a.day - b.day);
  }

  stateOf(day: number): DayState | undefined {
    return this.#days.get(day)?.state;
  }

  /** Whether R2 has the records that a day had when it was sealed. */
  isArchived(day: number): boolean {
    return ["copied", "archived"].includes(this.stateOf(day) ?? "");
  }

  /** Whether a day is so old that its records are deleted. */
  isDeleted(day: number): boolean {
    return day < this.#deletedBefore;
  }

  /** Notes that a day takes a record. */
  touch(day: number, now: number): void {
    const known = this.#days.get(day);
    if (!known) {
      this.#sql.run("insert into days (day, state, touched_at) values (?, 'live', ?)", day, now);
      this.#days.set(day, { day, state: "live", touched_at: now, sealed_seq: 0 });
    } else if (known.state === "live" && now - known.touched_at >= TOUCH_MS) {
      this.#sql.run("update days set touched_at = ? where day = ?", now, day);
      known.touched_at = now;
    }
  }

  /**
   * What a day has is on its way to R2: its blocks up to a number, which has all of its records.
   */
  seal(day: number, seq: number): void {
    this.#sql.run("update days set state = 'sealed', sealed_seq = ? where day = ?", seq, day);
    const known = this.#days.get(day);
    if (known) Object.assign(known, { state: "sealed", sealed_seq: seq });
  }

  setState(day: number, state: DayState): void {
    this.#sql.run("update days set state = ? where day = ?", state, day);
    const known = this.#days.get(day);
    if (known) known.state = state;
  }

  /** Forgets a day. It and all before it are not recorded again. */
  forget(day: number): void {
    // A day that was begun again by a late record may be deleted after a later one.
    const deletedBefore = Math.max(this.#deletedBefore, day + 1);
    this.#sql.transact(() => {
      this.#sql.run("delete from days where day = ?", day);
      this.#sql.setMeta("deleted", deletedBefore);
    });
    this.#days.delete(day);
    this.#deletedBefore = deletedBefore;
  }
}
