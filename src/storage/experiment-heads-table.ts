import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ExperimentKind, RunStatus } from "../domain/runs/run.ts";

/**
 * What lists show of comparisons and optimisations, on their shard: a plan may have megabytes, which
 * no list reads. `head` is what they show of the plan, `counts` what was found by the end.
 */
export const experimentHeads = sqliteTable(
  "experiment_heads",
  {
    run_id: text().primaryKey(),
    tenant_id: text().notNull(),
    kind: text().$type<ExperimentKind>().notNull(),
    prompt: text().notNull(),
    status: text().$type<RunStatus>().notNull(),
    head: text({ mode: "json" }).$type<unknown>().notNull(),
    counts: text({ mode: "json" }).$type<unknown>(),
    created_at: integer().notNull(),
    ended_at: integer(),
  },
  (table) => [
    index("experiment_heads_by_tenant").on(table.tenant_id, table.kind, table.run_id),
    index("experiment_heads_by_prompt").on(table.tenant_id, table.kind, table.prompt, table.run_id),
    index("experiment_heads_by_status").on(table.tenant_id, table.kind, table.status, table.run_id),
  ],
);
