/** A value that SQLite gives back, and one that it takes. */
export type SqlValue = string | number | null | ArrayBuffer;
type BoundValue = SqlValue | Uint8Array;

/** What the ledger needs of a Durable Object's storage. */
export interface LedgerStorage {
  sql: Pick<SqlStorage, "exec" | "databaseSize">;
  transactionSync<T>(work: () => T): T;
}

/**
 * Days before `deleted` are deleted, hours before `packed` and days before `packed_day` have a
 * stored rollup, records of the journal up to the row `packed_records` are in blocks, `legacy` is 1
 * where tables of older versions are left, feedback since `rated_since` (Unix ms) is counted, and the
 * tenant's ledger has `shares` objects, where this one was told so.
 */
export type MetaName = "deleted" | "packed" | "packed_day" | "packed_records" | "legacy" | "rated_since" | "shares";

/** How many readings of the size ask the disk once. */
const SIZE_READS = 100;

/** The database of a ledger object. It counts the rows that are read and written. */
export class LedgerSql {
  rowsRead = 0;
  rowsWritten = 0;
  #size = 0;
  #sizeReads = 0;
  readonly #storage: LedgerStorage;

  constructor(storage: LedgerStorage) {
    this.#storage = storage;
    this.run("create table if not exists meta (name text primary key, value integer not null) without rowid");
  }

  /** One of the numbers that say how far the object's work has come; undefined before it began. */
  meta(name: MetaName): number | undefined {
    return this.run<{ value: number }>("select value from meta where name = ?", name)[0]?.value;
  }

  setMeta(name: MetaName, value: number): void {
    this.run("insert or replace into meta values (?, ?)", name, value);
  }

  /** Runs a statement and returns its rows. */
  run<Row extends Record<string, SqlValue>>(statement: string, ...values: BoundValue[]): Row[] {
    const cursor = this.#storage.sql.exec<Row>(statement, ...values);
    const rows = cursor.toArray();
    this.rowsRead += cursor.rowsRead;
    this.rowsWritten += cursor.rowsWritten;
    return rows;
  }

  /** Reads rows one after the other. The reader writes nothing meanwhile. */
  *each<Row extends Record<string, SqlValue>>(statement: string, ...values: BoundValue[]): Generator<Row> {
    const cursor = this.#storage.sql.exec<Row>(statement, ...values);
    try {
      yield* cursor;
    } finally {
      this.rowsRead += cursor.rowsRead;
    }
  }

  /** Runs `work` as one transaction: all of its statements take effect, or none does. */
  transact<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }

  /** Bytes on disk, as they were {@link SIZE_READS} readings ago at most: each asks the disk. */
  get size(): number {
    if (this.#sizeReads++ % SIZE_READS === 0) this.#size = this.#storage.sql.databaseSize;
    return this.#size;
  }
}
