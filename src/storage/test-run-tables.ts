import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { TestPlan, TestRunStatus, TrialResult } from "../domain/tests/test-run.ts";

/**
 * Test runs, on the shard of their tenant. A run without an end is worked on by whoever holds its
 * lease, until that is over; `token` names the holder.
 */
export const testRuns = sqliteTable(
  "test_runs",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    key_id: text().notNull(),
    plan: text({ mode: "json" }).$type<TestPlan>().notNull(),
    status: text().$type<TestRunStatus>().notNull(),
    token: text(),
    lease_until: integer().notNull(),
    starts: integer().notNull().default(0),
    created_at: integer().notNull(),
    ended_at: integer(),
  },
  (table) => [
    index("test_runs_open")
      .on(table.lease_until)
      .where(sql`ended_at is null`),
    index("test_runs_by_age").on(table.created_at),
  ],
);

/** The results of a run's trials, on its shard. */
export const testResults = sqliteTable(
  "test_results",
  {
    run_id: text().notNull(),
    position: integer().notNull(),
    result: text({ mode: "json" }).$type<TrialResult>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.run_id, table.position] })],
);
