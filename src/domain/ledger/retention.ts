import { DAY_HOURS, DAY_MS, dayOf, HOUR_MS, hourOf } from "./periods.ts";
import type { RollupKind, StoredKind } from "./rollup.ts";

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

/**
 * How many days rollups reach back. By the hour they cover the longest query and one day more. With
 * users they are many times as large, so they are kept for a shorter time.
 */
export const ROLLUP_DAYS = {
  plain: { hour: 93, day: 1_100 },
  users: { hour: 8, day: 93 },
  /** Days have no insights. */
  insights: { hour: 93, day: 93 },
} as const satisfies Record<StoredKind, Record<"hour" | "day", number>>;
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

/** The first hour that still has a rollup of a kind. */
export function oldestHourAt(now: number, kind: RollupKind): number {
  return hourOf(now) - ROLLUP_DAYS[kind].hour * DAY_HOURS;
}

/** The first day that still has a rollup of a kind. */
export function oldestDayAt(now: number, kind: RollupKind): number {
  return dayOf(now) - ROLLUP_DAYS[kind].day;
}
