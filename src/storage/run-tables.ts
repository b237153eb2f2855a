import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RunStatus } from "../domain/runs/run.ts";

/**
 * A table of runs, on the shard of their tenant. A run without an end is worked on by whoever holds
 * its lease, until that is over; `token` names the holder, of a run that ended the last one.
 * `spent_nanousd` is what the executions of a run with a cost limit spent, or may still spend.
 */
export function runTable(name: string) {
  return sqliteTable(
    name,
    {
      id: text().primaryKey(),
      tenant_id: text().notNull(),
      key_id: text().notNull(),
      plan: text({ mode: "json" }).$type<unknown>().notNull(),
      status: text().$type<RunStatus>().notNull(),
      token: text(),
      lease_until: integer().notNull(),
      starts: integer().notNull().default(0),
      created_at: integer().notNull(),
      ended_at: integer(),
      spent_nanousd: integer().notNull().default(0),
    },
    (table) => [
      index(`${name}_open`)
        .on(table.lease_until)
        .where(sql`ended_at is null`),
      index(`${name}_by_age`).on(table.created_at),
      index(`${name}_by_tenant`).on(table.tenant_id, table.id),
    ],
  );
}

/** A table of the results of runs' steps, on their shard. */
export function resultTable(name: string) {
  return sqliteTable(
    name,
    {
      run_id: text().notNull(),
      position: integer().notNull(),
      result: text({ mode: "json" }).$type<unknown>().notNull(),
    },
    (table) => [primaryKey({ columns: [table.run_id, table.position] })],
  );
}

/** Test runs, and the results of their trials. */
export const testRuns = runTable("test_runs");
/** The results of {@link testRuns}. */
export const testResults = resultTable("test_results");

/** Comparisons and optimisations, which the prefixes of their ids tell apart. */
export const experiments = runTable("experiments");
/** The results of {@link experiments}. */
export const experimentResults = resultTable("experiment_results");
