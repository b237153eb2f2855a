import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * Where tenants have their traces sent, on the tenant's shard. `headers` is base64 of IV and
 * AES-GCM ciphertext of their JSON.
 */
export const tenantTelemetry = sqliteTable("tenant_telemetry", {
  tenant_id: text().primaryKey(),
  version: integer().notNull(),
  otlp_endpoint: text().notNull(),
  headers: text().notNull(),
  header_names: text({ mode: "json" }).$type<string[]>().notNull(),
  sample: real().notNull(),
  content: integer({ mode: "boolean" }).notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});
