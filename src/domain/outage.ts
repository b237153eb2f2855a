/**
 * What D1 and Durable Objects say of a passing fault of their own.
 * Sources: developers.cloudflare.com/d1/observability/debug-d1 and
 * developers.cloudflare.com/durable-objects/best-practices/error-handling.
 */
const PASSING =
  /database is locked|SQLITE_(?:BUSY|LOCKED|IOERR|FULL)|overloaded|reset because|to be reset|exceeded timeout|timed out|connection (?:lost|closed)|transient issue|internal error/i;

/** What the platform sets on errors of a Durable Object that may pass. */
const MARKS = ["retryable", "overloaded", "durableObjectReset"];

/** Whether an error says that storage is out of order for now, so that a later request may pass. */
export function isOutage(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  if (MARKS.some((mark) => Reflect.get(error, mark) === true)) return true;
  // Drizzle's own message has the statement and its values, so that only the cause counts.
  const isOfStorage = /^D1_|SQLITE_|\bD1 DB\b|Durable Object/.test(error.message) && !("query" in error);
  return (isOfStorage && PASSING.test(error.message)) || isOutage(error.cause, depth + 1);
}
