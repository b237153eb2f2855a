/** How the last try of a live stream ended. */
export interface LiveEnd {
  /** How long the stream was followed, ms. */
  lastedMs: number;
  /** The HTTP status of a refusal; null where the stream ended or broke. */
  status: number | null;
  /** How long the server asks to wait, ms. */
  retryAfterMs: number | null;
}

const RECONNECT_MS = 1_000;
const MAX_RECONNECT_MS = 15_000;
/** A stream that lasted so long did not fail. */
const LASTED_MS = 15_000;

/**
 * How long to wait before the next try, ms: longer after each failure, and never the same for all
 * pages, whose streams end at one moment when the deployment changes. Null where trying again is of
 * no use. `failures` in a row are known, this one included; `random` is from 0 to 1.
 */
export function retryAfter(end: LiveEnd, failures: number, random: number): number | null {
  if (end.status !== null && end.status < 500 && end.status !== 429 && end.status !== 408) return null;
  const most = hasLasted(end) ? RECONNECT_MS : Math.min(MAX_RECONNECT_MS, RECONNECT_MS * 2 ** (failures - 1));
  return Math.max(end.retryAfterMs ?? 0, most / 2) + (most / 2) * random;
}

/** Whether a stream ended as all do after some minutes. */
export function hasLasted({ lastedMs, status }: LiveEnd): boolean {
  return status === null && lastedMs > LASTED_MS;
}
