/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The list that a keyword holds. Throws an Error where it holds something else. */
export function toList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error("A keyword of the schema must be a list.");
}

/**
 * The map that a keyword holds, empty without one. Throws an Error where it holds something else.
 */
export function toMap(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  if (isRecord(value)) return value;
  throw new Error("A keyword of the schema must be an object.");
}
