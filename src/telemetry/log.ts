/**
 * The fields of a log line: ids, names and numbers, never the text of a prompt or answer, a header
 * or a key.
 */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes a log line as JSON. */
export function log(level: "info" | "error", event: string, fields: LogFields = {}): void {
  const line = JSON.stringify({ level, event, ...fields });
  if (level === "error") console.error(line);
  else console.log(line);
}

/**
 * The loggable part of an unexpected error: its class and message. For an error of Drizzle it is
 * the message of the cause, because Drizzle's own message has the statement and its values.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if ("query" in error) return `${error.name}: ${error.cause instanceof Error ? error.cause.message : "query failed"}`;
  return `${error.name}: ${error.message}`;
}
