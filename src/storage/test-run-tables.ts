import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { RunStatus } from "../domain/runs/run.ts";
import type { TestCounts } from "../domain/tests/test-run.ts";

/** What lists show of test runs, on their shard: a plan may have megabytes, which no list reads. */
export const testRunHeads = sqliteTable(
  "test_run_heads",
  {
    run_id: text().primaryKey(),
    tenant_id: text().notNull(),
    prompt: text().notNull(),
    version: integer().notNull(),
    status: text().$type<RunStatus>().notNull(),
    created_at: integer().notNull(),
    ended_at: integer(),
    counts: text({ mode: "json" }).$type<TestCounts>(),
  },
  (table) => [index("test_run_heads_by_prompt").on(table.tenant_id, table.prompt, table.run_id)],
);

/** The trials that later runs may reuse, by a digest of what their results depend on. */
export const testInputs = sqliteTable(
  "test_inputs",
  {
    run_id: text().notNull(),
    position: integer().notNull(),
    input_hash: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.run_id, table.position] }),
    index("test_inputs_by_hash").on(table.input_hash),
  ],
);
