import { and, count, eq } from "drizzle-orm";
import { providerKeys, tenantPrices, upstreams } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** The row of an upstream. Its headers are ciphertext. */
export type UpstreamRow = typeof upstreams.$inferSelect;

/** The upstreams of a tenant, on the tenant's shard. */
export class UpstreamRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Writes or replaces an upstream, unless it were one more than `most`: then undefined. `created`
   * says whether it is new. A new one begins without keys: a key that came while an earlier one of
   * this name was deleted must not be sent to this one.
   */
  async put(row: UpstreamRow, most: number): Promise<{ row: UpstreamRow; created: boolean } | undefined> {
    const { tenant_id, name, created_at: _c, ...change } = row;
    const db = this.#shards.of(tenant_id);
    const [known, others] = await db.batch([
      db.update(upstreams).set(change).where(isUpstream(tenant_id, name)).returning(),
      db.select({ upstreams: count() }).from(upstreams).where(eq(upstreams.tenant_id, tenant_id)),
    ]);
    if (known[0]) return { row: known[0], created: false };
    if ((others[0]?.upstreams ?? 0) >= most) return undefined;
    const [, [written]] = await db.batch([
      db.delete(providerKeys).where(isKeyOf(tenant_id, name)),
      db
        .insert(upstreams)
        .values(row)
        .onConflictDoUpdate({ target: [upstreams.tenant_id, upstreams.name], set: change })
        .returning(),
    ]);
    return written && { row: written, created: written.created_at === row.created_at };
  }

  /** All upstreams of a tenant, by name. */
  async list(tenantId: string): Promise<UpstreamRow[]> {
    return this.#shards
      .of(tenantId)
      .select()
      .from(upstreams)
      .where(eq(upstreams.tenant_id, tenantId))
      .orderBy(upstreams.name);
  }

  async find(tenantId: string, name: string): Promise<UpstreamRow | undefined> {
    return this.#shards.of(tenantId).select().from(upstreams).where(isUpstream(tenantId, name)).get();
  }

  /** Deletes an upstream with its keys and prices. False if there was none. */
  async delete(tenantId: string, name: string): Promise<boolean> {
    const db = this.#shards.of(tenantId);
    const [gone] = await db.batch([
      db.delete(upstreams).where(isUpstream(tenantId, name)).returning({ name: upstreams.name }),
      db.delete(providerKeys).where(isKeyOf(tenantId, name)),
      db.delete(tenantPrices).where(and(eq(tenantPrices.tenant_id, tenantId), eq(tenantPrices.provider, name))),
    ]);
    return gone.length > 0;
  }
}

function isUpstream(tenantId: string, name: string) {
  return and(eq(upstreams.tenant_id, tenantId), eq(upstreams.name, name));
}

function isKeyOf(tenantId: string, provider: string) {
  return and(eq(providerKeys.tenant_id, tenantId), eq(providerKeys.provider, provider));
}
