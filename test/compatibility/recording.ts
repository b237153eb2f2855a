/** A row of a table. Bytes are base64 in an object. */
export type Row = Record<string, unknown>;

/** What a Durable Object keeps. */
export interface StoredObject {
  binding: string;
  name: string;
  /** Its tables and indexes as SQL, tables first. */
  schema: string[];
  rows: Record<string, Row[]>;
  /** What it keeps by key instead. */
  values: Record<string, unknown>;
}

/** A call of an isolate to a Durable Object, at `at` in Unix ms, and its reply. */
export interface ObjectCall {
  at: number;
  binding: string;
  name: string;
  method: string;
  args: unknown[];
  reply: unknown;
}

/** A copy in a tier of the cache, as it was put. */
export interface CachedCopy {
  tier: "edge" | "kv";
  key: string;
  body: string;
  headers: Record<string, string>;
}

/** A request of a client, and its answer. */
export interface AnsweredRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
  status: number;
  answer: unknown;
}

/** What a version of the code stored, sent and answered. Its clock is far in the future. */
export interface Recording {
  /** When the next version took over, Unix ms. All but `calls` is from before. */
  at: number;
  /** The rows of each shard by table. */
  shards: Record<string, Row[]>[];
  /** Every statement that was run on a shard. */
  statements: string[];
  objects: StoredObject[];
  copies: CachedCopy[];
  /** Messages that wait on their queues. */
  messages: { queue: string; body: unknown }[];
  /** Reads with what was handed out: keys, cookies, cursors. */
  requests: AnsweredRequest[];
  /** What isolates of that version still asked of objects afterwards, in its order. */
  calls: ObjectCall[];
}

/**
 * When recordings begin, Unix ms. The engine rings alarms by its own clock, so none of a replay
 * rings by itself.
 */
export const EPOCH = Date.parse("2099-06-15T12:00:00Z");

const BYTES = "$bytes";

/** A value as JSON can hold it: bytes become base64, infinite numbers their names. */
export function toPlain(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return { [BYTES]: btoa(String.fromCharCode(...new Uint8Array(value))) };
  if (ArrayBuffer.isView(value)) {
    return toPlain(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength));
  }
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) };
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, toPlain(each)]),
  );
}

/** The value that {@link toPlain} was given. */
export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== "object" || value === null) return value;
  const { [BYTES]: bytes, $number: number } = value as { [BYTES]?: string; $number?: string };
  if (bytes !== undefined) return Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0)).buffer;
  if (number !== undefined) return Number(number);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fromPlain(each)]));
}

/** Runs `work` while the clock of the Worker and its objects shows what `now` says. */
export async function withClock<T>(now: () => number, work: () => Promise<T>): Promise<T> {
  const real = Date.now;
  Date.now = now;
  try {
    return await work();
  } finally {
    Date.now = real;
  }
}
