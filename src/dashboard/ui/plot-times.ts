const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * A time below its tick: the day, the minute or the second, as fine as ticks are apart. Days of the
 * API are those of UTC (`isDays`); other times are of the reader's own clock.
 */
export function timeTick(at: number, stepMs: number, isDays = false): string {
  const date = new Date(at);
  const isMidnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  if (isDays || stepMs >= DAY_MS || isMidnight) {
    return date.toLocaleDateString("en", { month: "short", day: "numeric", ...zoneOf(isDays) });
  }
  const time = date.toTimeString();
  return time.slice(0, stepMs >= MINUTE_MS ? "22:10".length : "22:10:05".length);
}

/** A time as it is told beside the pointer. */
export function wholeTime(at: number, isDays = false): string {
  const date = new Date(at);
  return isDays ? `${date.toLocaleDateString(undefined, zoneOf(true))} UTC` : date.toLocaleString();
}

function zoneOf(isDays: boolean): { timeZone?: string } {
  return isDays ? { timeZone: "UTC" } : {};
}
