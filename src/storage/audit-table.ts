import { sql } from "drizzle-orm";
import { index, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * The audit log, each entry on the shard of the change that it tells of: its id carries the bucket
 * of the tenant, or of the prompt, and the time.
 */
export const auditEntries = sqliteTable(
  "audit_entries",
  {
    id: text().primaryKey(),
    tenant_id: text().notNull(),
    actor: text().notNull(),
    action: text().notNull(),
    object: text().notNull(),
    request_id: text(),
    detail: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
  },
  (table) => [index("audit_entries_by_tenant").on(table.tenant_id, sql`${table.id} desc`)],
);
