import { and, eq, lte, notExists, sql } from "drizzle-orm";
import type { ToldAnomaly } from "../../domain/insights/told-anomalies.ts";
import { bucketOfTenant } from "../../domain/shard.ts";
import { anomalyWatches, webhooks } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** A tenant whose hours are being looked at until `until`, and what it was told of. */
export interface ClaimedWatch {
  tenant_id: string;
  told: ToldAnomaly[];
  until: number;
}

/** The tenants whose webhooks ask for anomalies. Times are Unix ms. */
export class AnomalyWatches {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Tenants that are due, at most `limit` of each shard, those first that have waited longest. */
  async due(now: number, limit: number): Promise<string[]> {
    const { tenant_id, due_at } = anomalyWatches;
    const found = await this.#shards.everywhere(
      async (db) => db.select({ tenant_id }).from(anomalyWatches).where(lte(due_at, now)).orderBy(due_at).limit(limit),
      bucketOfTenant,
    );
    return found.map((row) => row.tenant_id);
  }

  /** Claims a tenant that is due until `until`. Undefined if it is not. */
  async claim(tenantId: string, now: number, until: number): Promise<ClaimedWatch | undefined> {
    const [row] = await this.#shards
      .of(tenantId)
      .update(anomalyWatches)
      .set({ due_at: until })
      .where(and(eq(anomalyWatches.tenant_id, tenantId), lte(anomalyWatches.due_at, now)))
      .returning();
    return row && { tenant_id: row.tenant_id, told: row.told, until };
  }

  /**
   * Stores what a tenant is told of, and until when the claim then holds or when the tenant is due
   * again. False where the claim was lost.
   */
  async tell({ tenant_id, until }: ClaimedWatch, told: ToldAnomaly[], dueAt: number): Promise<boolean> {
    const changed = await this.#shards
      .of(tenant_id)
      .update(anomalyWatches)
      .set({ told, due_at: dueAt })
      .where(and(eq(anomalyWatches.tenant_id, tenant_id), eq(anomalyWatches.due_at, until)))
      .returning({ tenant_id: anomalyWatches.tenant_id });
    return changed.length > 0;
  }

  /** Forgets a tenant none of whose webhooks asks for anomalies. True if it is forgotten. */
  async dropIfUnwanted(tenantId: string): Promise<boolean> {
    const db = this.#shards.of(tenantId);
    const wanting = db
      .select({ one: sql`1` })
      .from(webhooks)
      .where(and(eq(webhooks.tenant_id, tenantId), sql`${webhooks.events} like '%"anomaly.detected"%'`));
    const gone = await db
      .delete(anomalyWatches)
      .where(and(eq(anomalyWatches.tenant_id, tenantId), notExists(wanting)))
      .returning({ tenant_id: anomalyWatches.tenant_id });
    return gone.length > 0;
  }
}
