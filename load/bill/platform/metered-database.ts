import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** A row as SQLite gives it. */
export type Row = Record<string, unknown>;

/** Hears of the rows that a statement wrote to a table, its indexes included. */
export type OnWritten = (table: string, rows: number) => void;

/** What a database holds: the statements of its schema, and its tables with their rows. */
export interface Dump {
  schema: string[];
  tables: [string, Row[]][];
}

/** An index of a table: the columns that change it, and which rows it holds. */
interface Index {
  columns: string[];
  /** A SQL condition on a row; null for an index of all rows. */
  holds: string | null;
}

const DDL = /^\s*(?:create|alter|drop)\b/i;
/** Tables of SQLite and of the platform. Their names begin like this. */
const INTERNAL = /^(?:sqlite|_cf|d1)_/;

/**
 * A database in memory that counts written rows as the platform's engine does, which `npm run bill`
 * was compared with (load/README.md): an insert counts one row for the table and one for each index
 * that holds the row; an update one for the table and one for each index with a column in its SET
 * list that holds the new row; a delete one. A table without rowid is its own primary key. Triggers
 * count, because only they see what an upsert or a partial index did.
 */
export class MeteredDatabase {
  readonly #db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();
  readonly #onWritten: { current: OnWritten };
  #written = 0;
  /** The version of the schema that the triggers are for. */
  #watched = 0;

  constructor(onWritten: OnWritten) {
    this.#onWritten = { current: onWritten };
    this.#db.function("bill_wrote", (table, rows) => {
      this.#written += Number(rows);
      this.#onWritten.current(String(table), Number(rows));
      return null;
    });
  }

  /** Rows that were written so far. */
  get written(): number {
    return this.#written;
  }

  /** Whose rows are counted from now on. */
  set onWritten(onWritten: OnWritten) {
    this.#onWritten.current = onWritten;
  }

  /** Runs SQL of one or more statements without parameters. */
  exec(sql: string): void {
    this.#db.exec(sql);
    if (DDL.test(sql)) this.#watch();
  }

  /** Runs one statement and returns its rows. */
  run(sql: string, params: readonly SQLInputValue[] = []): Row[] {
    if (DDL.test(sql)) {
      this.exec(sql);
      return [];
    }
    let statement = this.#prepared.get(sql);
    if (!statement) this.#prepared.set(sql, (statement = this.#db.prepare(sql)));
    return statement.all(...params);
  }

  /** Runs `work` as a transaction. */
  transaction<T>(work: () => T): T {
    this.#db.exec("savepoint bill");
    try {
      const result = work();
      this.#db.exec("release bill");
      return result;
    } catch (error) {
      this.#db.exec("rollback to bill; release bill");
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }

  /** The size of the database, bytes. */
  get bytes(): number {
    return Number(this.run("pragma page_count")[0]?.["page_count"] ?? 0) * 4_096;
  }

  /** All that it holds. */
  dump(): Dump {
    const schema = this.run("select sql from sqlite_master where sql is not null").map(({ sql }) => String(sql));
    return { schema, tables: this.#tables().map((table) => [table, this.run(`select * from ${quote(table)}`)]) };
  }

  /**
   * Holds what {@link dump} gave, and nothing else; it must have the same schema or none. Counts
   * nothing.
   */
  restore({ schema, tables }: Dump): void {
    const { current } = this.#onWritten;
    this.#onWritten.current = () => undefined;
    if (this.#tables().length === 0) for (const sql of schema) this.exec(sql);
    for (const table of this.#tables()) this.run(`delete from ${quote(table)}`);
    for (const [table, rows] of tables) {
      for (const row of rows) {
        const columns = Object.keys(row);
        const places = columns.map(() => "?").join();
        const sql = `insert into ${quote(table)} (${columns.map(quote).join()}) values (${places})`;
        this.run(sql, Object.values(row) as SQLInputValue[]);
      }
    }
    this.#onWritten.current = current;
  }

  #tables(): string[] {
    const rows = this.run("select name from sqlite_master where type = 'table'");
    return rows.map(({ name }) => String(name)).filter((name) => !INTERNAL.test(name));
  }

  /**
   * Makes triggers for the tables, unless a statement such as `create if not exists` changed none.
   */
  #watch(): void {
    const version = Number(this.#db.prepare("pragma schema_version").get()?.["schema_version"]);
    if (version === this.#watched) return;
    this.#watched = version;
    for (const { name } of this.#db.prepare("select name from sqlite_temp_master where type = 'trigger'").all()) {
      this.#db.exec(`drop trigger temp.${quote(String(name))}`);
    }
    for (const table of this.#tables()) for (const sql of this.#triggersOf(table)) this.#db.exec(sql);
  }

  #triggersOf(table: string): string[] {
    const columns = this.#db
      .prepare("select name from pragma_table_info(?)")
      .all(table)
      .map(({ name }) => String(name));
    const row = columns.map((name) => `new.${quote(name)} as ${quote(name)}`).join();
    const wrote = (rows: string) => `select bill_wrote('${table}', ${rows});`;
    const held = ({ holds }: Index) => (holds === null ? "1" : `(select count(*) from (select ${row}) where ${holds})`);
    const indexes = this.#indexesOf(table, columns);
    let count = 0;
    const trigger = (on: string, rows: string) =>
      `create temp trigger ${quote(`bill ${table} ${(count += 1)}`)} after ${on} on main.${quote(table)} begin ${wrote(rows)} end`;
    return [
      trigger("insert", ["1", ...indexes.map(held)].join(" + ")),
      trigger("update", "1"),
      trigger("delete", "1"),
      ...indexes.map((index) => trigger(`update of ${index.columns.map(quote).join()}`, held(index))),
    ];
  }

  #indexesOf(table: string, columns: readonly string[]): Index[] {
    const [info] = this.#db.prepare("select wr from pragma_table_list(?) where schema = 'main'").all(table);
    const found = this.#db
      .prepare(
        "select i.name, i.origin, m.sql from pragma_index_list(?) i left join sqlite_master m on m.name = i.name",
      )
      .all(table);
    return found
      .filter(({ origin }) => origin !== "pk" || info?.["wr"] !== 1)
      .map(({ name, sql }) => {
        const holds = /\bwhere\b([\s\S]*)$/i.exec(String(sql ?? ""))?.[1] ?? null;
        const keys = this.#db.prepare("select name from pragma_index_xinfo(?) where key = 1").all(String(name));
        const named = keys.flatMap((key) => (key["name"] === null ? columns : [String(key["name"])]));
        const inCondition = columns.filter((column) => new RegExp(`\\b${column}\\b`).test(holds ?? ""));
        return { columns: [...new Set([...named, ...inCondition])], holds };
      });
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
