import type { SQLInputValue } from "node:sqlite";
import type { Meter } from "../meter.ts";
import { type Dump, MeteredDatabase, type Row } from "./metered-database.ts";

/** What of an object outlives its stay in memory. */
export interface Disk {
  rows: Dump;
  values: Map<string, unknown>;
  alarmAt: number | null;
  /** Bytes of its database; 0 before it has one. */
  bytes: number;
}

const NOTHING: Dump = { schema: [], tables: [] };

/** The disk of an object that has stored nothing. */
export function emptyDisk(): Disk {
  return { rows: NOTHING, values: new Map(), alarmAt: null, bytes: 0 };
}

/** Databases without an owner, by their schema. It is cheaper to empty one than to open one. */
export type DatabasePool = Map<string, MeteredDatabase[]>;

/** The most databases that wait for an owner of their schema. */
const MAX_FREE = 50;

/** What {@link ObjectStorage} works with. */
export interface ObjectStorageDeps {
  className: string;
  disk: Disk;
  meter: Meter;
  pool: DatabasePool;
  setAlarm: (at: number | null) => void;
}

/**
 * `ctx.storage` of an object. Written rows are billed by class and table. The table of key-value
 * methods and `setAlarm` write a row each, and a read is a row read
 * (developers.cloudflare.com/durable-objects/platform/pricing, storage, notes 2 to 4).
 */
export class ObjectStorage {
  readonly #deps: ObjectStorageDeps;
  #opened: MeteredDatabase | undefined;

  constructor(deps: ObjectStorageDeps) {
    this.#deps = deps;
  }

  readonly sql = sqlOf(
    (sql, params) => this.#exec(sql, params),
    () => this.bytes,
  );

  /** The size of its database, bytes. */
  get bytes(): number {
    return this.#opened?.bytes ?? this.#deps.disk.bytes;
  }

  async get(key: string | readonly string[]): Promise<unknown> {
    const { values } = this.#deps.disk;
    this.#read(typeof key === "string" ? 1 : key.length);
    if (typeof key === "string") return structuredClone(values.get(key));
    return new Map(key.filter((each) => values.has(each)).map((each) => [each, structuredClone(values.get(each))]));
  }

  async put(key: string | Record<string, unknown>, value?: unknown): Promise<void> {
    const entries = typeof key === "string" ? [[key, value] as const] : Object.entries(key);
    for (const [name, each] of entries) this.#deps.disk.values.set(name, structuredClone(each));
    this.#wrote("key-value", entries.length);
  }

  async delete(key: string | readonly string[]): Promise<boolean> {
    const keys = typeof key === "string" ? [key] : key;
    const deleted = keys.filter((each) => this.#deps.disk.values.delete(each));
    this.#wrote("key-value", deleted.length);
    return deleted.length > 0;
  }

  async list({ prefix = "" }: { prefix?: string } = {}): Promise<Map<string, unknown>> {
    const found = [...this.#deps.disk.values]
      .filter(([key]) => key.startsWith(prefix))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    this.#read(Math.max(1, found.length));
    return new Map(structuredClone(found));
  }

  /** Deletes everything, as one row each. */
  async deleteAll(): Promise<void> {
    const { disk } = this.#deps;
    this.#wrote("key-value", disk.values.size);
    disk.values.clear();
    this.#opened?.restore(NOTHING);
    await this.deleteAlarm();
  }

  async getAlarm(): Promise<number | null> {
    return this.#deps.disk.alarmAt;
  }

  async setAlarm(at: number | Date): Promise<void> {
    this.#wrote("alarm", 1);
    this.#deps.setAlarm(Number(at));
  }

  async deleteAlarm(): Promise<void> {
    if (this.#deps.disk.alarmAt === null) return;
    this.#wrote("alarm", 1);
    this.#deps.setAlarm(null);
  }

  async transaction<T>(work: (storage: this) => Promise<T>): Promise<T> {
    return work(this);
  }

  transactionSync<T>(work: () => T): T {
    return this.#database().transaction(work);
  }

  async sync(): Promise<void> {
    // All of it is on disk already.
  }

  /** Takes the object out of memory: what it holds goes to its disk. */
  close(): void {
    const { disk, pool } = this.#deps;
    const opened = this.#opened;
    if (!opened) return;
    this.#opened = undefined;
    disk.rows = opened.dump();
    disk.bytes = opened.bytes;
    const schema = keyOf(disk.rows);
    const free = pool.get(schema) ?? [];
    pool.set(schema, free);
    if (free.length < MAX_FREE) free.push(opened);
    else opened.close();
  }

  #exec(sql: string, params: unknown[]) {
    const database = this.#database();
    const before = database.written;
    const bound = params.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
    const isScript = params.length === 0 && /;\s*\S/.test(sql);
    const rows = (isScript ? (database.exec(sql), []) : database.run(sql, bound as SQLInputValue[])).map(withBuffers);
    const rowsWritten = database.written - before;
    const rowsRead = rows.length + rowsWritten;
    this.#read(rowsRead);
    return cursorOf(rows, { rowsRead, rowsWritten });
  }

  #database(): MeteredDatabase {
    if (this.#opened) return this.#opened;
    const { disk, pool } = this.#deps;
    const onWritten = (table: string, rows: number) => this.#wrote(table, rows);
    const opened = pool.get(keyOf(disk.rows))?.pop() ?? new MeteredDatabase(onWritten);
    opened.onWritten = onWritten;
    opened.restore(disk.rows);
    this.#opened = opened;
    return opened;
  }

  #wrote(table: string, rows: number): void {
    // A table for each day, or for each of something else, is one kind of table.
    const kind = table.replace(/_\d+$/, "_*");
    this.#deps.meter.add("object rows written", `${this.#deps.className} ${kind}`, rows);
  }

  #read(rows: number): void {
    this.#deps.meter.add("object rows read", this.#deps.className, rows);
  }
}

function keyOf({ schema }: Dump): string {
  return schema.join(";");
}

/** Blobs are array buffers in an object, and typed arrays in Node. */
function withBuffers(row: Row): Row {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? new Uint8Array(value).buffer : value,
  ]);
  return Object.fromEntries(entries) as Row;
}

function cursorOf(rows: Row[], counts: { rowsRead: number; rowsWritten: number }) {
  const iterator = rows[Symbol.iterator]();
  return {
    ...counts,
    columnNames: Object.keys(rows[0] ?? {}),
    toArray: () => [...iterator],
    next: () => iterator.next(),
    one: () => {
      if (rows.length !== 1) throw new Error(`a statement gave ${rows.length} rows instead of one`);
      return rows[0];
    },
    raw: () => ({ toArray: () => rows.map((row) => Object.values(row)) }),
    [Symbol.iterator]: () => iterator,
  };
}

function sqlOf<T>(exec: (sql: string, params: unknown[]) => T, bytes: () => number) {
  return {
    exec: (sql: string, ...params: unknown[]) => exec(sql, params),
    get databaseSize(): number {
      return bytes();
    },
  };
}
