/** A browser's clock that is off by less shows right enough times, ms. */
const CLOSE_MS = 30_000;

let aheadMs = 0;

/** Learns from the `Date` of an answer how far the server's clock is ahead; `now` is the browser's. */
export function noteServerTime(date: string | null, now: number): void {
  const at = Date.parse(date ?? "");
  if (Number.isNaN(at)) return;
  aheadMs = Math.abs(at - now) < CLOSE_MS ? 0 : at - now;
}

/** The time by the server's clock, from which the API's times are: `now` is the browser's. */
export function serverTime(now: number): number {
  return now + aheadMs;
}
