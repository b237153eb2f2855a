/**
 * What D1 and Durable Objects say of a passing fault of their own.
 * Sources: developers.cloudflare.com/d1/observability/debug-d1 and
 * developers.cloudflare.com/durable-objects/best-practices/error-handling.
 */
const PASSING =
  /database is locked|SQLITE_(?:BUSY|LOCKED|IOERR|FULL)|overloaded|reset because|to be reset|exceeded timeout|timed out|connection (?:lost|closed)|transient issue|internal error/i;

/** What the platform sets on errors of a Durable Object that may pass. */
const MARKS = ["retryable", "overloaded", "durableObjectReset"];

/** Storage gave no answer, or an error of its own, which is the cause. */
export class StorageOutage extends Error {
  constructor(part: string, cause: unknown) {
    super(`${part}: ${cause instanceof Error ? cause.message : "failed"}`, { cause });
    this.name = "StorageOutage";
    // The platform's advice on whether to try again stays readable.
    for (const mark of MARKS) if (isMarked(cause, mark)) Object.defineProperty(this, mark, { value: true });
  }
}

/** Errors of the language itself: code of ours is wrong, here or in a Durable Object. */
const FAULTY_CODE = new Set(["TypeError", "RangeError", "ReferenceError", "SyntaxError", "DataCloneError"]);

/**
 * What SQLite and D1 say of a statement or a value of ours. Source of the codes:
 * sqlite.org/rescode.html.
 */
const FAULTY_STATEMENT =
  /SQLITE_(?:ERROR|CONSTRAINT|MISMATCH|RANGE|TOOBIG|MISUSE|AUTH)|D1_(?:TYPE_ERROR|COLUMN_NOTFOUND)|constraint failed|no such (?:table|column)|syntax error/i;

/**
 * Whether an error that storage threw is about what it was asked to do, so that no later try can
 * pass. Every other error is storage's own.
 */
export function isFaultOfOurs(error: unknown): boolean {
  if (!(error instanceof Error) || MARKS.some((mark) => isMarked(error, mark))) return false;
  if (PASSING.test(error.message)) return false;
  return FAULTY_CODE.has(error.name) || FAULTY_STATEMENT.test(error.message);
}

/** Whether an error says that storage is out of order for now, so that a later request may pass. */
export function isOutage(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  if (error instanceof StorageOutage || MARKS.some((mark) => isMarked(error, mark))) return true;
  // Drizzle's own message has the statement and its values, so that only the cause counts.
  const isOfStorage = /^D1_|SQLITE_|\bD1 DB\b|Durable Object/.test(error.message) && !("query" in error);
  return (isOfStorage && PASSING.test(error.message)) || isOutage(error.cause, depth + 1);
}

function isMarked(error: unknown, mark: string): boolean {
  return typeof error === "object" && error !== null && Reflect.get(error, mark) === true;
}
