/** Lengths of time that pages show, in hours. */
export const RANGES = { "1h": 1, "24h": 24, "7d": 168, "30d": 720, "90d": 2_160 } as const;

/** The name of a length of time. */
export type RangeName = keyof typeof RANGES;

const HOUR_MS = 3_600_000;

/** A time with the one of the same length before it, by whole hours. */
export interface TimeRange {
  name: RangeName;
  hours: number;
  from: string;
  to: string;
  before: { from: string; to: string };
}

/** The range of a name that ends with the hour of `now`. */
export function rangeOf(name: string, now: number): TimeRange {
  const known = (Object.hasOwn(RANGES, name) ? name : "24h") as RangeName;
  const hours = RANGES[known];
  const end = Math.ceil(now / HOUR_MS) * HOUR_MS;
  const at = (hoursBack: number) => new Date(end - hoursBack * HOUR_MS).toISOString();
  return { name: known, hours, from: at(hours), to: at(0), before: { from: at(2 * hours), to: at(hours) } };
}
