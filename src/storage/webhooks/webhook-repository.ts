import { and, count, eq } from "drizzle-orm";
import { originOf } from "../../domain/audit/audit-entry.ts";
import { audited, type AuditNote, rowAsJson } from "../audit/audited.ts";
import { webhookDeliveries, webhooks } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** The row of a tenant's webhook. */
export type WebhookRow = typeof webhooks.$inferSelect;

/** Tenants' webhooks, on the tenant's shard. */
export class WebhookRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Writes a webhook, or changes what the one of this name asks for and where it goes; that one
   * keeps its secret. Undefined where it were one more than `most`. `created` says whether it is
   * new.
   */
  async put(row: WebhookRow, most: number): Promise<{ row: WebhookRow; created: boolean } | undefined> {
    const { url, events, prompts, updated_at } = row;
    const db = this.#shards.of(row.tenant_id);
    const change = { url, events, prompts, updated_at };
    const note = noteOf("webhook.set", row, { to: { origin: originOf(url), events, prompts } });
    const [, known, , others] = await db.batch([
      ...audited(db, note, db.update(webhooks).set(change).where(isWebhook(row.tenant_id, row.name)).returning()),
      db.select({ count: count() }).from(webhooks).where(eq(webhooks.tenant_id, row.tenant_id)),
    ]);
    if (known[0]) return { row: known[0], created: false };
    if ((others[0]?.count ?? 0) >= most) return undefined;
    const target = [webhooks.tenant_id, webhooks.name];
    const put = db.insert(webhooks).values(row).onConflictDoUpdate({ target, set: change }).returning();
    const [, [written]] = await db.batch(audited(db, note, put));
    return written && { row: written, created: written.secret === row.secret };
  }

  /** All webhooks of a tenant, by name. */
  async list(tenantId: string): Promise<WebhookRow[]> {
    const db = this.#shards.of(tenantId);
    return db.select().from(webhooks).where(eq(webhooks.tenant_id, tenantId)).orderBy(webhooks.name);
  }

  async find(tenantId: string, name: string): Promise<WebhookRow | undefined> {
    return this.#shards.of(tenantId).select().from(webhooks).where(isWebhook(tenantId, name)).get();
  }

  /** Deletes a webhook with its deliveries. False if there was none. */
  async delete(tenantId: string, name: string): Promise<boolean> {
    const db = this.#shards.of(tenantId);
    const { tenant_id, webhook } = webhookDeliveries;
    const change = db.delete(webhooks).where(isWebhook(tenantId, name)).returning({ name: webhooks.name });
    const [, gone] = await db.batch([
      ...audited(db, noteOf("webhook.deleted", { tenant_id: tenantId, name }), change),
      db.delete(webhookDeliveries).where(and(eq(tenant_id, tenantId), eq(webhook, name))),
    ]);
    return gone.length > 0;
  }
}

function isWebhook(tenantId: string, name: string) {
  return and(eq(webhooks.tenant_id, tenantId), eq(webhooks.name, name));
}

function noteOf(
  action: "webhook.set" | "webhook.deleted",
  { tenant_id, name }: Pick<WebhookRow, "tenant_id" | "name">,
  detail: AuditNote["detail"] = {},
): AuditNote {
  const from = rowAsJson(webhooks, ["events", "prompts"], isWebhook(tenant_id, name));
  return { tenant_id, action, object: `webhook:${name}`, detail: { from, ...detail } };
}
