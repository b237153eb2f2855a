/** Maximum of a wait, in milliseconds: one hour. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

const NUMBER = /^\d+(?:\.\d+)?$/;

/**
 * The wait that a provider asks for, in milliseconds, from `retry-after-ms` (both SDKs support it)
 * or else `retry-after`: seconds, which may have a fraction, or an HTTP date (RFC 9110 §10.2.3)
 * relative to `now` (epoch milliseconds). Undefined for a value that is absent, negative, not a
 * number or a past date. At most {@link MAX_RETRY_AFTER_MS}.
 */
export function parseRetryAfter(headers: Headers | undefined, now: number): number | undefined {
  const milliseconds = headers?.get("retry-after-ms")?.trim() ?? "";
  if (NUMBER.test(milliseconds)) return cap(Number(milliseconds));
  const value = headers?.get("retry-after")?.trim() ?? "";
  if (NUMBER.test(value)) return cap(Number(value) * 1000);
  // An HTTP date begins with the name of a day. `Date.parse` alone would also accept "-5" as a
  // date.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return date > now ? cap(date - now) : undefined;
}

function cap(milliseconds: number): number {
  return Math.min(Math.ceil(milliseconds), MAX_RETRY_AFTER_MS);
}
