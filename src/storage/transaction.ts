import type { SQL } from "drizzle-orm";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import type { Database } from "./shards.ts";

const dialect = new SQLiteAsyncDialect();

/**
 * Runs hand-written statements in one transaction (a D1 batch) and returns the rows of each as
 * SQLite has them. Drizzle's own `batch` accepts only statements of its query builder.
 */
export async function transact(db: Database, statements: readonly SQL[]): Promise<Array<Record<string, unknown>[]>> {
  if (statements.length === 0) return [];
  const prepared = statements.map((statement) => {
    const { sql, params } = dialect.sqlToQuery(statement);
    return db.$client.prepare(sql).bind(...params);
  });
  const results = await db.$client.batch<Record<string, unknown>>(prepared);
  return results.map((result) => result.results);
}
