import { and, eq, lte, sql } from "drizzle-orm";
import type { WebhookWakeUp } from "../../domain/batches/wake-up.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import { batches } from "../schema.ts";
import type { BatchRow } from "./batches.ts";
import type { Shards } from "../shards.ts";

/** Due webhooks of batches. Times are Unix ms. */
export class BatchWebhookRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Claims a due webhook until `until` and counts the delivery attempt; only the claimant sends it.
   * Undefined if it is not due.
   */
  async claim(tenantId: string, batchId: string, now: number, until: number): Promise<BatchRow | undefined> {
    const [row] = await this.#shards
      .of(tenantId)
      .update(batches)
      .set({ webhook_due_at: until, webhook_attempts: sql`${batches.webhook_attempts} + 1` })
      .where(and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), lte(batches.webhook_due_at, now)))
      .returning();
    return row;
  }

  /**
   * Ends a claim that holds until `until`: sets when the webhook is due again; null for never.
   * Changes nothing if the claim is lost, or the batch was redriven meanwhile and ended anew.
   */
  async setDue(tenantId: string, batchId: string, until: number, dueAt: number | null): Promise<void> {
    await this.#shards
      .of(tenantId)
      .update(batches)
      .set({ webhook_due_at: dueAt })
      .where(and(eq(batches.id, batchId), eq(batches.tenant_id, tenantId), eq(batches.webhook_due_at, until)));
  }

  /** Due webhooks of every shard, at most `limit` a shard. */
  async due(now: number, limit: number): Promise<Array<Omit<WebhookWakeUp, "type">>> {
    return this.#shards.everywhere(
      async (db) =>
        db
          .select({ tenant_id: batches.tenant_id, batch_id: batches.id })
          .from(batches)
          .where(lte(batches.webhook_due_at, now))
          .orderBy(batches.webhook_due_at)
          .limit(limit),
      bucketOfTenant,
    );
  }
}
