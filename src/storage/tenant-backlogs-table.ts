import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * What each tenant has accepted and not ended, in bytes: the sum of `open_bytes` over its batches
 * without an end. Triggers keep it, so that it holds beside code that does not know it.
 */
export const tenantBacklogs = sqliteTable("tenant_backlogs", {
  tenant_id: text().primaryKey(),
  bytes: integer().notNull(),
});
