import { ApiError, ConnectionError } from "./errors.ts";

const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 8_000;

/** A failed attempt, and what is known of its call. */
export interface FailedAttempt {
  error: unknown;
  /** How often the call was repeated already. */
  retries: number;
  /** Whether repeating does no harm where the first attempt was carried out. */
  isRepeatable: boolean;
  /** A server that asks for a longer wait gets none: the error is the caller's to treat. In ms. */
  longestWaitMs: number;
}

/**
 * How long to wait before a call is repeated, in ms, or null where it is not. `random` is in [0,
 * 1).
 *
 * A 429 was not carried out, so any call is repeated after it. After a 503, a 409 of a request that
 * still runs, an answer of a proxy and a connection that failed, only a repeatable call is. What
 * the server stored as the result of an `Idempotency-Key` is final.
 */
export function waitBeforeRetry(attempt: FailedAttempt, random: number): number | null {
  const { error, retries, isRepeatable, longestWaitMs } = attempt;
  if (error instanceof ConnectionError) return isRepeatable ? backOff(retries, random) : null;
  if (!(error instanceof ApiError) || error.isFinal) return null;
  const { status, retryAfterMs } = error;
  const mayPass = status === 429 || (isRepeatable && (error.isOfProxy || status === 503 || isStillRunning(error)));
  if (!mayPass) return null;
  const wait = retryAfterMs ?? backOff(retries, random);
  return wait > longestWaitMs ? null : wait;
}

/** A conflict that names a time is about a request that has not ended; any other one stays. */
export function isStillRunning(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409 && error.retryAfterMs !== null;
}

/** Waits double, and differ between clients that failed together. */
function backOff(retries: number, random: number): number {
  const longest = Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** retries);
  return longest * (0.5 + random / 2);
}
