import type { SQLInputValue } from "node:sqlite";
import { readMigrations } from "../../../scripts/migrate.ts";
import type { WorldClock } from "../../proofs/world/world-clock.ts";
import type { Meter } from "../meter.ts";
import { MeteredDatabase, type Row } from "./metered-database.ts";

/** How long a statement takes from an isolate, there and back, ms. */
const WAY_MS = 20;

/** What a statement gives, as far as storage reads it. */
interface Result {
  results: Row[];
  success: true;
  meta: { changes: number };
}

/** A statement of {@link MeteredD1}. */
class MeteredStatement {
  readonly #d1: MeteredD1;
  readonly sql: string;
  readonly params: SQLInputValue[];

  constructor(d1: MeteredD1, sql: string, params: SQLInputValue[] = []) {
    this.#d1 = d1;
    this.sql = sql;
    this.params = params;
  }

  bind(...params: SQLInputValue[]): MeteredStatement {
    return new MeteredStatement(this.#d1, this.sql, params);
  }

  async all(): Promise<Result> {
    const [result] = await this.#d1.batch([this]);
    return result as Result;
  }

  async run(): Promise<Result> {
    return this.all();
  }

  async raw(): Promise<unknown[][]> {
    return (await this.all()).results.map((row) => Object.values(row));
  }

  async first(column?: string): Promise<unknown> {
    const [row] = (await this.all()).results;
    return row === undefined ? null : column === undefined ? row : row[column];
  }
}

/** The migrated D1 databases of a deployment. Rows are billed by table, queries by database. */
export class MeteredD1 {
  readonly #database: MeteredDatabase;
  readonly #clock: WorldClock;
  readonly #meter: Meter;
  readonly #name: string;

  constructor({
    clock,
    meter,
    name,
    migrations,
  }: {
    clock: WorldClock;
    meter: Meter;
    name: string;
    migrations: string;
  }) {
    this.#clock = clock;
    this.#meter = meter;
    this.#name = name;
    this.#database = new MeteredDatabase((table, rows) => meter.add("d1 rows written", table, rows));
    for (const { statements } of readMigrations(migrations)) {
      for (const statement of statements) this.#database.exec(statement);
    }
  }

  /** The size of the database, bytes. */
  get bytes(): number {
    return this.#database.bytes;
  }

  prepare(sql: string): MeteredStatement {
    return new MeteredStatement(this, sql);
  }

  /** A session of the database itself, as there are no replicas. Its bookmark counts rows written. */
  withSession(): this & { getBookmark: () => string } {
    return Object.assign(this, { getBookmark: () => String(this.#database.written).padStart(16, "0") });
  }

  async batch(statements: readonly MeteredStatement[]): Promise<Result[]> {
    await this.#clock.sleep(WAY_MS / 2);
    const results = this.#database.transaction(() => statements.map((statement) => this.#now(statement)));
    await this.#clock.sleep(WAY_MS / 2);
    return results;
  }

  /** Rows read are those that a statement returns or writes: no index misses are counted. */
  #now({ sql, params }: MeteredStatement): Result {
    const before = this.#database.written;
    const results = this.#database.run(sql, params);
    const written = this.#database.written - before;
    this.#meter.add("d1 queries", this.#name);
    this.#meter.add("d1 rows read", this.#name, results.length + written);
    return { results, success: true, meta: { changes: written } };
  }
}
