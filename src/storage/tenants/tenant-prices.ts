import { and, count, eq } from "drizzle-orm";
import type { ProviderName } from "../../domain/completions/completion.ts";
import { audited, type AuditNote, rowAsJson } from "../audit/audited.ts";
import { tenantPrices } from "../schema.ts";
import type { Shards } from "../shards.ts";

/**
 * The row of a tenant's price: US dollars per million tokens; a rate that is null was not given.
 */
export type TenantPriceRow = typeof tenantPrices.$inferSelect;

/** What tenants pay for models, on the tenant's shard. */
export class TenantPriceRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Writes or replaces the price of a model, unless it were one more than `most`: then undefined.
   * `created` says whether the model had none.
   */
  async put(row: TenantPriceRow, most: number): Promise<{ row: TenantPriceRow; created: boolean } | undefined> {
    const { tenant_id: _t, provider: _p, model: _m, created_at: _c, ...change } = row;
    const db = this.#shards.of(row.tenant_id);
    const isRow = isPrice(row.tenant_id, row.provider, row.model);
    const { input, output, cached_input, cache_write_5m, cache_write_1h } = row;
    const to = { input, output, cached_input, cache_write_5m, cache_write_1h };
    const note = noteOf("price.set", row, { to });
    const [, known, , others] = await db.batch([
      ...audited(db, note, db.update(tenantPrices).set(change).where(isRow).returning()),
      db.select({ prices: count() }).from(tenantPrices).where(eq(tenantPrices.tenant_id, row.tenant_id)),
    ]);
    if (known[0]) return { row: known[0], created: false };
    if ((others[0]?.prices ?? 0) >= most) return undefined;
    const put = db
      .insert(tenantPrices)
      .values(row)
      .onConflictDoUpdate({
        target: [tenantPrices.tenant_id, tenantPrices.provider, tenantPrices.model],
        set: change,
      })
      .returning();
    const [, [written]] = await db.batch(audited(db, note, put));
    return written && { row: written, created: written.created_at === row.created_at };
  }

  /** All prices of a tenant, by provider and model. */
  async list(tenantId: string): Promise<TenantPriceRow[]> {
    return this.#shards
      .of(tenantId)
      .select()
      .from(tenantPrices)
      .where(eq(tenantPrices.tenant_id, tenantId))
      .orderBy(tenantPrices.provider, tenantPrices.model);
  }

  /** Deletes the price of a model. False if there was none. */
  async delete(tenantId: string, provider: ProviderName, model: string): Promise<boolean> {
    const db = this.#shards.of(tenantId);
    const change = db
      .delete(tenantPrices)
      .where(isPrice(tenantId, provider, model))
      .returning({ model: tenantPrices.model });
    const note = noteOf("price.deleted", { tenant_id: tenantId, provider, model });
    const [, gone] = await db.batch(audited(db, note, change));
    return gone.length > 0;
  }
}

function isPrice(tenantId: string, provider: ProviderName, model: string) {
  return and(eq(tenantPrices.tenant_id, tenantId), eq(tenantPrices.provider, provider), eq(tenantPrices.model, model));
}

function noteOf(
  action: "price.set" | "price.deleted",
  { tenant_id, provider, model }: Pick<TenantPriceRow, "tenant_id" | "provider" | "model">,
  detail: AuditNote["detail"] = {},
): AuditNote {
  const rates = ["input", "output", "cached_input", "cache_write_5m", "cache_write_1h"] as const;
  const from = rowAsJson(tenantPrices, rates, isPrice(tenant_id, provider, model));
  return { tenant_id, action, object: `price:${provider}/${model}`, detail: { from, ...detail } };
}
