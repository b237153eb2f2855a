/** Facts of a log line: ids, names and numbers. Never a prompt's text, an answer, a header or a key. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes one JSON line. */
export function log(level: "info" | "error", event: string, fields: LogFields = {}): void {
  const line = JSON.stringify({ level, event, ...fields });
  if (level === "error") console.error(line);
  else console.log(line);
}

/**
 * What may be said of an unexpected error: its class and message, without the statement and bound values that Drizzle puts into
 * its own (the cause has the database's words alone).
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if ("query" in error) return `${error.name}: ${error.cause instanceof Error ? error.cause.message : "query failed"}`;
  return `${error.name}: ${error.message}`;
}
