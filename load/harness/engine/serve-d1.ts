import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Migration } from "../../../scripts/migrate.ts";
import type { Simulator } from "./simulator.ts";

interface Query {
  sql: string;
  params?: (SQLInputValue | number[])[] | null;
}

/** A D1 database in memory, migrated. Blobs travel as lists of bytes. */
export function serveD1(migrations: readonly Migration[]): Simulator {
  const db = new DatabaseSync(":memory:");
  for (const statement of migrations.flatMap(({ statements }) => statements)) db.exec(statement);
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = db.prepare(sql);
      statement.setReturnArrays(true);
      prepared.set(sql, statement);
    }
    return statement;
  };
  return (request, body) => {
    const parsed = JSON.parse(body.toString()) as Query | Query[];
    const inColumns = request.url?.includes("ROWS_AND_COLUMNS") ?? false;
    const queries = Array.isArray(parsed) ? parsed : [parsed];
    db.exec("BEGIN");
    try {
      const results = queries.map((query) => execute(prepare(query.sql), query, inColumns));
      db.exec("COMMIT");
      return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(results) };
    } catch (error) {
      db.exec("ROLLBACK");
      return { status: 500, body: JSON.stringify({ success: false, error: (error as Error).message }) };
    }
  };
}

function execute(statement: StatementSync, { params }: Query, inColumns: boolean) {
  const values = (params ?? []).map((value) => (Array.isArray(value) ? Uint8Array.from(value) : value));
  const columns = statement.columns().map(({ name }) => name);
  const rows: unknown[][] = [];
  let changes = 0;
  if (columns.length > 0) {
    for (const row of statement.all(...values) as unknown as unknown[][]) rows.push(row.map(toJson));
  } else {
    changes = Number(statement.run(...values).changes);
  }
  const results = inColumns
    ? { columns, rows }
    : rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
  const meta = {
    duration: 0,
    changes,
    last_row_id: 0,
    changed_db: changes > 0,
    size_after: 0,
    rows_read: 0,
    rows_written: changes,
  };
  return { success: true, results, meta };
}

function toJson(value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}
