/** Longest wait that is believed, in milliseconds: one hour. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

const NUMBER = /^\d+(?:\.\d+)?$/;

/**
 * Milliseconds that the provider asks to wait, from `retry-after-ms` (both SDKs honour it) or else `retry-after`:
 * seconds, also fractional, or an HTTP date (RFC 9110 §10.2.3) measured against `now` (epoch milliseconds).
 * Ignored, giving undefined: absent, negative, not a number, a date that has passed. Capped at {@link MAX_RETRY_AFTER_MS}: anything longer.
 */
export function parseRetryAfter(headers: Headers | undefined, now: number): number | undefined {
  const milliseconds = headers?.get("retry-after-ms")?.trim() ?? "";
  if (NUMBER.test(milliseconds)) return cap(Number(milliseconds));
  const value = headers?.get("retry-after")?.trim() ?? "";
  if (NUMBER.test(value)) return cap(Number(value) * 1000);
  // An HTTP date begins with the name of a day; `Date.parse` alone would also take "-5" for a date.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return date > now ? cap(date - now) : undefined;
}

function cap(milliseconds: number): number {
  return Math.min(Math.ceil(milliseconds), MAX_RETRY_AFTER_MS);
}
