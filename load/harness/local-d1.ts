import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { readMigrations } from "../../scripts/migrate.ts";
import { createShards } from "../../src/storage/shards.ts";

/** A row of a local database. */
export type LocalRow = Record<string, unknown>;

/** What a statement gives. */
export interface LocalResult {
  results: LocalRow[];
}

/** One statement of {@link LocalD1}. */
export class LocalStatement {
  readonly #prepare: () => StatementSync;
  readonly #params: SQLInputValue[];

  constructor(prepare: () => StatementSync, params: SQLInputValue[] = []) {
    this.#prepare = prepare;
    this.#params = params;
  }

  bind(...params: SQLInputValue[]): LocalStatement {
    return new LocalStatement(this.#prepare, params);
  }

  async all(): Promise<LocalResult> {
    return this.now();
  }

  async run(): Promise<LocalResult> {
    return this.now();
  }

  async raw(): Promise<unknown[][]> {
    return this.now().results.map((row) => Object.values(row));
  }

  now(): LocalResult {
    return { results: this.#prepare().all(...this.#params) };
  }
}

/**
 * The part of D1 that storage uses, migrated, over SQLite in memory. It answers within the same
 * turn of the event loop, so a simulation knows when all work of a moment is done.
 */
export class LocalD1 {
  readonly #database = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();
  readonly #onStatement: () => void;

  constructor(onStatement: () => void = () => undefined) {
    this.#onStatement = onStatement;
    for (const { statements } of readMigrations("migrations")) {
      for (const statement of statements) this.#database.exec(statement);
    }
  }

  /** Runs SQL that gives nothing. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  prepare(sql: string): LocalStatement {
    this.#onStatement();
    return new LocalStatement(() => this.#prepare(sql));
  }

  async batch(statements: readonly LocalStatement[]): Promise<LocalResult[]> {
    return this.batchNow(statements);
  }

  /** Runs statements in one transaction. */
  batchNow(statements: readonly LocalStatement[]): LocalResult[] {
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

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, known);
    return known;
  }
}

/** Four migrated shards in memory; `onStatement` is called for every statement that is prepared. */
export function openLocalShards(onStatement: () => void) {
  const names = ["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_2", "DB_SHARD_3"];
  return createShards(
    Object.fromEntries(names.map((name) => [name, new LocalD1(onStatement) as unknown as D1Database])),
  );
}
