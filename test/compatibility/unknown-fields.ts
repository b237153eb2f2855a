import type { Recording, Row, StoredObject } from "./recording.ts";

const UNKNOWN = { field_of_a_later_version: { is: ["not known"] } };

/**
 * A recording as a version might make it that adds a field to everything that it stores as JSON,
 * sends or caches. This version must pass over them: while it is replaced, the next one writes.
 */
export function withUnknownFields(recording: Recording): Recording {
  return {
    ...recording,
    shards: recording.shards.map((tables) => mapValues(tables, (rows) => rows.map(inRow))),
    objects: recording.objects.map(inObject),
    copies: recording.copies.map((copy) => ({ ...copy, body: inJson(copy.body) })),
    messages: recording.messages.map(({ queue, body }) => ({ queue, body: inValue(body) })),
    calls: recording.calls.map((call) => ({ ...call, args: call.args.map(inValue) })),
  };
}

function inObject(object: StoredObject): StoredObject {
  return {
    ...object,
    rows: mapValues(object.rows, (rows) => rows.map(inRow)),
    values: mapValues(object.values, inValue),
  };
}

function inRow(row: Row): Row {
  return mapValues(row, (value) => (typeof value === "string" ? inJson(value) : value));
}

/** JSON of an object gets the field; other text stays. */
function inJson(text: string): string {
  if (!text.startsWith("{")) return text;
  try {
    return JSON.stringify(inValue(JSON.parse(text)));
  } catch {
    return text;
  }
}

function inValue(value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && !("$bytes" in value);
  return isObject ? { ...value, ...UNKNOWN } : value;
}

function mapValues<T, U>(of: Record<string, T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value)]));
}
