import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { WebhookEventType } from "../domain/webhooks/webhook-event.ts";

/** A tenant's webhooks, on its shard. `secret` is base64 of IV and AES-GCM ciphertext. */
export const webhooks = sqliteTable(
  "webhooks",
  {
    tenant_id: text().notNull(),
    name: text().notNull(),
    url: text().notNull(),
    events: text({ mode: "json" }).$type<WebhookEventType[]>().notNull(),
    prompts: text({ mode: "json" }).$type<string[]>(),
    secret: text().notNull(),
    created_at: integer().notNull(),
    updated_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant_id, table.name] })],
);

/**
 * Events for webhooks, on the tenant's shard. One that was delivered or given up is not due any
 * more; it stays for some days, so that the same event is not sent again.
 */
export const webhookDeliveries = sqliteTable(
  "webhook_deliveries",
  {
    tenant_id: text().notNull(),
    webhook: text().notNull(),
    /** The `webhook-id` of the message. */
    id: text().notNull(),
    body: text().notNull(),
    due_at: integer(),
    attempts: integer().notNull().default(0),
    /** The `traceparent` of what raised the event; null where no trace is known. */
    traceparent: text(),
    created_at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenant_id, table.webhook, table.id] }),
    index("webhook_deliveries_due")
      .on(table.due_at)
      .where(sql`due_at is not null`),
    index("webhook_deliveries_by_age").on(table.created_at),
  ],
);
