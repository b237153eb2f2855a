import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { PROVIDERS } from "../domain/completions/completion.ts";

/** Provider keys: base64 of IV and AES-GCM ciphertext, and the last four characters as a hint. */
export const providerKeys = sqliteTable(
  "provider_keys",
  {
    tenant_id: text().notNull(),
    provider: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    ciphertext: text().notNull(),
    hint: text().notNull(),
    weight: integer().notNull().default(1),
    rpm: integer(),
    tpm: integer(),
    max_concurrency: integer(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.provider, table.name] })],
);

/**
 * Upstreams of tenants' own, on the tenant's shard. `headers` is base64 of IV and AES-GCM
 * ciphertext of their JSON; null without any.
 */
export const upstreams = sqliteTable(
  "upstreams",
  {
    tenant_id: text().notNull(),
    name: text().notNull(),
    version: integer().notNull(),
    kind: text({ enum: PROVIDERS }).notNull(),
    base_url: text().notNull(),
    headers: text(),
    header_names: text({ mode: "json" }).$type<string[]>().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.name] })],
);

/** What a tenant pays for models, on its shard. US dollars per million tokens. */
export const tenantPrices = sqliteTable(
  "tenant_prices",
  {
    tenant_id: text().notNull(),
    provider: text().notNull(),
    model: text().notNull(),
    input: real().notNull(),
    output: real().notNull(),
    cached_input: real(),
    cache_write_5m: real(),
    cache_write_1h: real(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.provider, table.model] })],
);
