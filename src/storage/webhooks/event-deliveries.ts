import { and, eq, isNull, lt, lte, sql } from "drizzle-orm";
import type { EventDelivery } from "../../domain/webhooks/event-delivery.ts";
import { eventBody, isSubscribed, type WebhookEvent } from "../../domain/webhooks/webhook-event.ts";
import { sha256Hex } from "../../lib/hash.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import { webhookDeliveries, webhooks } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** The row of an event on its way to a webhook. */
export type EventDeliveryRow = typeof webhookDeliveries.$inferSelect;

/** The most due deliveries of a shard among which tenants take turns. */
const MAX_LOOKED_AT = 2_000;
/** Characters of a message's id. */
const ID_LENGTH = 32;

/** Rows of an insertion: each binds eight values, and a statement of D1 takes a hundred. */
const MAX_ROWS = 12;

/** Events on their way to tenants' webhooks. Times are Unix ms. */
export class EventDeliveryRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Stores an event for each webhook that asks for it, once however often it is raised. */
  async add(tenantId: string, event: WebhookEvent, now: number): Promise<EventDelivery[]> {
    const db = this.#shards.of(tenantId);
    const hooks = await db.select().from(webhooks).where(eq(webhooks.tenant_id, tenantId));
    const wanted = hooks.filter((hook) => isSubscribed(hook, event));
    const body = eventBody(event);
    const rows = await Promise.all(
      wanted.map(async ({ name, created_at }) => {
        // A webhook that was deleted and made anew is another one.
        const digest = await sha256Hex(`${tenantId}|${name}|${created_at}|${event.key}`);
        const id = `msg_${digest.slice(0, ID_LENGTH)}`;
        const { traceparent } = event;
        return { tenant_id: tenantId, webhook: name, id, body, due_at: now, created_at: now, traceparent };
      }),
    );
    const parts = Array.from({ length: Math.ceil(rows.length / MAX_ROWS) }, (_, at) =>
      rows.slice(at * MAX_ROWS, (at + 1) * MAX_ROWS),
    );
    const [first, ...others] = parts.map((part) => db.insert(webhookDeliveries).values(part).onConflictDoNothing());
    if (first) await db.batch([first, ...others]);
    return rows.map(({ tenant_id, webhook, id }) => ({ tenant_id, webhook, id }));
  }

  /** Claims a due delivery until `until` and counts the attempt. Undefined if it is not due. */
  async claim(delivery: EventDelivery, now: number, until: number): Promise<EventDeliveryRow | undefined> {
    const [row] = await this.#shards
      .of(delivery.tenant_id)
      .update(webhookDeliveries)
      .set({ due_at: until, attempts: sql`${webhookDeliveries.attempts} + 1` })
      .where(and(isDelivery(delivery), lte(webhookDeliveries.due_at, now)))
      .returning();
    return row;
  }

  /** Ends a claim that holds until `until`: sets when the delivery is due again; null for never. */
  async setDue(delivery: EventDelivery, until: number, dueAt: number | null): Promise<void> {
    await this.#shards
      .of(delivery.tenant_id)
      .update(webhookDeliveries)
      .set({ due_at: dueAt })
      .where(and(isDelivery(delivery), eq(webhookDeliveries.due_at, until)));
  }

  /**
   * Due deliveries of every shard, at most `limit` a shard. Tenants take turns, so that one whose
   * receiver fails does not keep those of others waiting.
   */
  async due(now: number, limit: number): Promise<EventDelivery[]> {
    return this.#shards.everywhere(
      async (db) =>
        db.all<EventDelivery>(sql`
          select tenant_id, webhook, id from (
            select *, row_number() over (partition by tenant_id order by due_at) as turn from (
              select tenant_id, webhook, id, due_at from webhook_deliveries
              where due_at <= ${now} order by due_at limit ${MAX_LOOKED_AT}))
          order by turn, due_at limit ${limit}`),
      bucketOfTenant,
    );
  }

  /** Deletes some of the deliveries that ended and were made before a time, on every shard. */
  async deleteEnded(before: number, limit: number): Promise<void> {
    const { created_at, due_at } = webhookDeliveries;
    await Promise.all(
      [...this.#shards.all.values()].map((db) => {
        const rowid = sql`rowid`;
        const old = db
          .select({ rowid })
          .from(webhookDeliveries)
          .where(and(lt(created_at, before), isNull(due_at)))
          .orderBy(created_at)
          .limit(limit);
        return db.delete(webhookDeliveries).where(sql`rowid in ${old}`);
      }),
    );
  }
}

function isDelivery({ tenant_id, webhook, id }: EventDelivery) {
  const { tenant_id: tenant, webhook: hook, id: message } = webhookDeliveries;
  return and(eq(tenant, tenant_id), eq(hook, webhook), eq(message, id));
}
