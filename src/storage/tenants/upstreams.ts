import { and, count, eq } from "drizzle-orm";
import { originOf } from "../../domain/audit/audit-entry.ts";
import { audited, type AuditNote, rowAsJson } from "../audit/audited.ts";
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
    const { kind, header_names } = row;
    const note = noteOf("provider.set", row, { to: { kind, header_names, origin: originOf(row.base_url) } });
    const [, known, , others] = await db.batch([
      ...audited(db, note, db.update(upstreams).set(change).where(isUpstream(tenant_id, name)).returning()),
      db.select({ upstreams: count() }).from(upstreams).where(eq(upstreams.tenant_id, tenant_id)),
    ]);
    if (known[0]) return { row: known[0], created: false };
    if ((others[0]?.upstreams ?? 0) >= most) return undefined;
    const put = db
      .insert(upstreams)
      .values(row)
      .onConflictDoUpdate({ target: [upstreams.tenant_id, upstreams.name], set: change })
      .returning();
    const [, , [written]] = await db.batch([
      db.delete(providerKeys).where(isKeyOf(tenant_id, name)),
      ...audited(db, note, put),
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
    const change = db.delete(upstreams).where(isUpstream(tenantId, name)).returning({ name: upstreams.name });
    const [, gone] = await db.batch([
      ...audited(db, noteOf("provider.deleted", { tenant_id: tenantId, name }), change),
      db.delete(providerKeys).where(isKeyOf(tenantId, name)),
      db.delete(tenantPrices).where(and(eq(tenantPrices.tenant_id, tenantId), eq(tenantPrices.provider, name))),
    ]);
    return gone.length > 0;
  }
}

function isUpstream(tenantId: string, name: string) {
  return and(eq(upstreams.tenant_id, tenantId), eq(upstreams.name, name));
}

function noteOf(
  action: "provider.set" | "provider.deleted",
  { tenant_id, name }: Pick<UpstreamRow, "tenant_id" | "name">,
  detail: AuditNote["detail"] = {},
): AuditNote {
  const from = rowAsJson(upstreams, ["kind", "header_names"], isUpstream(tenant_id, name));
  return { tenant_id, action, object: `provider:${name}`, detail: { from, ...detail } };
}

function isKeyOf(tenantId: string, provider: string) {
  return and(eq(providerKeys.tenant_id, tenantId), eq(providerKeys.provider, provider));
}
