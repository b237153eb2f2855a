import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { LedgerStorage } from "../../../src/storage/ledger/ledger-sql.ts";

/** The SQLite database of an object, in memory. It outlives the object's stay in memory. */
export class ObjectSql implements LedgerStorage {
  readonly #db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();

  readonly sql = {
    databaseSize: 0,
    exec: (statement: string, ...values: unknown[]) => {
      const prepared = this.#prepared.get(statement) ?? this.#db.prepare(statement);
      this.#prepared.set(statement, prepared);
      const rows = prepared.all(...(values as SQLInputValue[]));
      return { rowsRead: rows.length, rowsWritten: 0, toArray: () => rows, [Symbol.iterator]: () => rows.values() };
    },
  } as unknown as LedgerStorage["sql"];

  /** A transaction may be inside another one, as on the platform. */
  transactionSync<T>(work: () => T): T {
    this.#db.exec("savepoint object");
    try {
      const result = work();
      this.#db.exec("release object");
      return result;
    } catch (error) {
      this.#db.exec("rollback to object; release object");
      throw error;
    }
  }
}
