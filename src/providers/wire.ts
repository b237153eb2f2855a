/** Whether a parsed JSON value is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The JSON object that a text is; undefined where it is none. */
export function jsonIn(text: string): object | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

/** A token count, which must be a non-negative integer; undefined for anything else. */
export function tokenCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The value if it is a string that is not empty, or else the fallback. */
export function textOr(value: unknown, fallback: string): string {
  return typeof value === "string" && value !== "" ? value : fallback;
}

/** The value if it is an object, or else an empty one. */
export function recordOr(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/**
 * A field with a part of a token count: absent where it is 0, not a count, or more than the whole.
 */
export function part<Name extends string>(name: Name, value: unknown, whole: number): { [name in Name]?: number } {
  const tokens = tokenCount(value) ?? 0;
  return tokens > 0 && tokens <= whole ? ({ [name]: tokens } as { [name in Name]: number }) : {};
}
