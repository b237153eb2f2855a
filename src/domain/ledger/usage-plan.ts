import { DAY_HOURS, DAY_MS, dayOf, dayOfHour, HOUR_MS, hourOf } from "./periods.ts";

/** Numbers from `from` up to, and without, `to`. */
export interface NumberSpan {
  from: number;
  to: number;
}

/** A part of an hour: the executions that started in `[from, to)`, Unix ms. */
export interface PartialHour extends NumberSpan {
  hour: number;
}

/** What a query for usage reads: whole days, whole hours around them, and parts of two hours. */
export interface UsagePlan {
  days: NumberSpan;
  hours: NumberSpan[];
  parts: PartialHour[];
  /** The time that the plan covers, Unix ms: the query's, unless old hours are gone. */
  from: number;
  to: number;
}

/**
 * What is known of the rollups: days before `packedDay` have a row, hours before `oldestHour` none.
 */
export interface RollupState {
  packedDay: number;
  oldestHour: number;
}

/**
 * Divides a time into the largest periods that have rollups. Where the hours of its edges are kept
 * no more, the edge moves outward to the day's.
 */
export function planUsage(query: NumberSpan & { byHour: boolean }, state: RollupState): UsagePlan {
  const from = hourOf(query.from) < state.oldestHour ? dayOf(query.from) * DAY_MS : query.from;
  const to = hourOf(query.to - 1) < state.oldestHour ? (dayOf(query.to - 1) + 1) * DAY_MS : query.to;
  const whole = { from: Math.ceil(from / HOUR_MS), to: Math.floor(to / HOUR_MS) };
  if (whole.from > whole.to) {
    const hour = whole.to;
    return { days: NONE, hours: [], parts: [{ hour, from, to }], from, to };
  }
  const parts: PartialHour[] = [];
  if (whole.from * HOUR_MS > from) parts.push({ hour: whole.from - 1, from, to: whole.from * HOUR_MS });
  if (whole.to * HOUR_MS < to) parts.push({ hour: whole.to, from: whole.to * HOUR_MS, to });
  const firstDay = Math.ceil(whole.from / DAY_HOURS);
  const lastDay = Math.min(dayOfHour(whole.to), state.packedDay);
  if (query.byHour || firstDay >= lastDay) return { days: NONE, hours: [whole], parts, from, to };
  const hours = [
    { from: whole.from, to: firstDay * DAY_HOURS },
    { from: lastDay * DAY_HOURS, to: whole.to },
  ];
  return { days: { from: firstDay, to: lastDay }, hours: hours.filter(isNotEmpty), parts, from, to };
}

const NONE: NumberSpan = { from: 0, to: 0 };

function isNotEmpty({ from, to }: NumberSpan): boolean {
  return from < to;
}
