import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { readMigrations } from "../../scripts/migrate.ts";
import { createShards } from "../../src/storage/shards.ts";

type Row = Record<string, unknown>;

/** One statement of {@link LocalD1}. */
class Statement {
  readonly #database: DatabaseSync;
  readonly #sql: string;
  readonly #params: SQLInputValue[];

  constructor(database: DatabaseSync, sql: string, params: SQLInputValue[] = []) {
    this.#database = database;
    this.#sql = sql;
    this.#params = params;
  }

  bind(...params: SQLInputValue[]): Statement {
    return new Statement(this.#database, this.#sql, params);
  }

  async all(): Promise<{ results: Row[] }> {
    return this.now();
  }

  async run(): Promise<{ results: Row[] }> {
    return this.now();
  }

  async raw(): Promise<unknown[][]> {
    return this.now().results.map((row) => Object.values(row));
  }

  now(): { results: Row[] } {
    return { results: this.#database.prepare(this.#sql).all(...this.#params) };
  }
}

/**
 * The part of D1 that storage uses, over SQLite in memory. It answers within the same turn of the
 * event loop, so a simulation knows when all work of a moment is done.
 */
class LocalD1 {
  readonly #database = new DatabaseSync(":memory:");
  readonly #onStatement: () => void;

  constructor(onStatement: () => void) {
    this.#onStatement = onStatement;
    for (const { statements } of readMigrations("migrations")) {
      for (const statement of statements) this.#database.exec(statement);
    }
  }

  prepare(sql: string): Statement {
    this.#onStatement();
    return new Statement(this.#database, sql);
  }

  async batch(statements: Statement[]): Promise<Array<{ results: Row[] }>> {
    this.#database.exec("begin");
    try {
      const results = statements.map((statement) => statement.now());
      this.#database.exec("commit");
      return results;
    } catch (error) {
      this.#database.exec("rollback");
      throw error;
    }
  }
}

/** Four migrated shards in memory; `onStatement` is called for every statement that is prepared. */
export function openLocalShards(onStatement: () => void) {
  const names = ["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_2", "DB_SHARD_3"];
  return createShards(
    Object.fromEntries(names.map((name) => [name, new LocalD1(onStatement) as unknown as D1Database])),
  );
}
