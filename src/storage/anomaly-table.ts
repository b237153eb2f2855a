import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ToldAnomaly } from "../domain/insights/told-anomalies.ts";

/**
 * The tenants whose webhooks ask for anomalies, on the tenant's shard: when their hours are looked
 * at next, and what they were told of. Triggers add a row when a webhook asks for such events, so
 * that older code does, too.
 */
export const anomalyWatches = sqliteTable(
  "anomaly_watches",
  {
    tenant_id: text().primaryKey(),
    due_at: integer().notNull(),
    told: text({ mode: "json" }).$type<ToldAnomaly[]>().notNull().default([]),
  },
  (table) => [index("anomaly_watches_due").on(table.due_at)],
);
