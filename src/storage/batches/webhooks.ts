import { and, eq, lte, sql } from "drizzle-orm";
import { batches } from "../schema.ts";
import type { BatchRow } from "./batches.ts";
import type { Shards } from "../shards.ts";
import { transact } from "../transaction.ts";

/** Webhooks that are due, and uploads that nobody ended. Times are Unix ms. */
export interface BatchWebhookRepository {
  /** Takes a due webhook, counts the attempt, and hides it until `until`: only the taker sends it. Undefined where it is not due. */
  take(tenantId: string, batchId: string, now: number, until: number): Promise<BatchRow | undefined>;
  /** When it is due again; null for never. */
  setDue(tenantId: string, batchId: string, dueAt: number | null): Promise<void>;
  /** Due webhooks of every shard, at most `limit` a shard. */
  due(now: number, limit: number): Promise<Array<{ tenant_id: string; batch_id: string }>>;
  /** Takes away one upload a shard that began before `before` and did not end. */
  sweepUploads(before: number): Promise<void>;
}

/** The repository over the shards. */
export function createBatchWebhookRepository(shards: Shards): BatchWebhookRepository {
  return {
    async take(tenantId, batchId, now, until) {
      const [row] = await shards
        .of(tenantId)
        .update(batches)
        .set({ webhook_due_at: until, webhook_attempts: sql`${batches.webhook_attempts} + 1` })
        .where(and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), lte(batches.webhook_due_at, now)))
        .returning();
      return row;
    },
    async setDue(tenantId, batchId, dueAt) {
      await shards
        .of(tenantId)
        .update(batches)
        .set({ webhook_due_at: dueAt })
        .where(and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId)));
    },
    async due(now, limit) {
      const found = await Promise.all(
        [...shards.all.values()].map((db) =>
          db
            .select({ tenant_id: batches.tenant_id, batch_id: batches.id })
            .from(batches)
            .where(lte(batches.webhook_due_at, now))
            .orderBy(batches.webhook_due_at)
            .limit(limit),
        ),
      );
      return found.flat();
    },
    async sweepUploads(before) {
      await Promise.all(
        [...shards.all.values()].map(async (db) => {
          const [stale] = await db
            .select({ id: batches.id })
            .from(batches)
            .where(and(eq(batches.state, "uploading"), lte(batches.created_at, before)))
            .limit(1);
          if (!stale) return;
          await transact(db, [
            sql`delete from batch_items where batch_id = ${stale.id}
              and exists (select 1 from batches where id = ${stale.id} and state = 'uploading')`,
            db
              .delete(batches)
              .where(and(eq(batches.id, stale.id), eq(batches.state, "uploading")))
              .getSQL(),
          ]);
        }),
      );
    },
  };
}
