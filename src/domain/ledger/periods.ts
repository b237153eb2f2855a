/** The lengths of the ledger's periods, ms. Hours and days are UTC and numbered from 1970. */
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** Hours of a day. */
export const DAY_HOURS = 24;

/** The number of the hour of a time (Unix ms). */
export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS);
}

/** The number of the day of a time (Unix ms). */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** The number of the day that an hour belongs to. */
export function dayOfHour(hour: number): number {
  return Math.floor(hour / DAY_HOURS);
}

/** An hour as the API names it: `2026-11-26T05:00:00Z`. */
export function hourLabel(hour: number): string {
  return hourOnDay(dayLabel(dayOfHour(hour)), hour);
}

/** The same, where the label of its day is known: a date costs much more to write than an hour. */
export function hourOnDay(day: string, hour: number): string {
  return `${day}T${String(hour % DAY_HOURS).padStart(2, "0")}:00:00Z`;
}

/** A day as the API names it: `2026-11-26`. */
export function dayLabel(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The least id of an execution that can have been made at a time (Unix ms) or later. */
export function idFloor(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, "0");
  return `exe_${hex.slice(0, 8)}-${hex.slice(8)}`;
}
