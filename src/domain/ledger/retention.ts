import { DAY_HOURS, DAY_MS, HOUR_MS, hourOf } from "./periods.ts";

/** How long a ledger object keeps what. */
export interface LedgerSettings {
  /** Days that records stay in the object's database after their own. */
  recentDays: number;
  /** Days that records stay in R2; 0 for ever. */
  archiveDays: number;
  /** A larger database archives closed days before their time, bytes. */
  maxBytes: number;
}

/** What the retention decides by: a day, and about when it last took a record, Unix ms. */
export interface ClosingDay {
  day: number;
  touched_at: number;
}

/** Rollups by the hour reach back this many days: the longest query, and one more. */
export const HOUR_ROLLUP_DAYS = 93;
/** Rollups by the day reach back three years. */
export const DAY_ROLLUP_DAYS = 1_100;
/** A day that takes records, such as old ones that are moved here, is not sealed for this time. */
const QUIET_MS = 6 * HOUR_MS;

/** When a day may be sealed, Unix ms. */
export function sealAt({ day, touched_at }: ClosingDay, { recentDays }: LedgerSettings, isFull: boolean): number {
  const end = (day + 1) * DAY_MS;
  return Math.max(isFull ? end : end + recentDays * DAY_MS, touched_at + QUIET_MS);
}

/** When an archived day is deleted, Unix ms; never where the archive is for ever. */
export function deleteAt(day: number, { archiveDays }: LedgerSettings): number {
  return archiveDays === 0 ? Infinity : (day + 1 + archiveDays) * DAY_MS;
}

/** The first hour that still has a rollup. */
export function oldestHourAt(now: number): number {
  return hourOf(now) - HOUR_ROLLUP_DAYS * DAY_HOURS;
}
