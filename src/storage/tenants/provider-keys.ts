import { and, eq, notExists, sql } from "drizzle-orm";
import type { ProviderName } from "../../domain/completions/completion.ts";
import { providerBatches, providerKeys } from "../schema.ts";
import { audited, type AuditNote, rowAsJson } from "../audit/audited.ts";
import type { Shards } from "../shards.ts";

/** The row of a provider key. Its secret is ciphertext. */
export type ProviderKeyRow = typeof providerKeys.$inferSelect;

/** The provider keys of a tenant, on the tenant's shard. */
export class ProviderKeyRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Writes or replaces a key by (tenant, provider, name). `created` says whether it is new. */
  async put(row: ProviderKeyRow): Promise<{ row: ProviderKeyRow; created: boolean }> {
    const { tenant_id: _t, provider: _p, name: _n, created_at: _c, ...change } = row;
    const { weight, rpm, tpm, max_concurrency } = row;
    const db = this.#shards.of(row.tenant_id);
    const put = db
      .insert(providerKeys)
      .values(row)
      .onConflictDoUpdate({
        target: [providerKeys.tenant_id, providerKeys.provider, providerKeys.name],
        set: change,
      })
      .returning();
    const note = noteOf("provider_key.set", row, { to: { weight, rpm, tpm, max_concurrency } });
    const [, [written]] = await db.batch(audited(db, note, put));
    if (!written) throw new Error("a provider key was not written");
    return { row: written, created: written.created_at === row.created_at };
  }

  /** All keys at a provider, by name. */
  async list(tenantId: string, provider: ProviderName): Promise<ProviderKeyRow[]> {
    return this.#shards
      .of(tenantId)
      .select()
      .from(providerKeys)
      .where(and(eq(providerKeys.tenant_id, tenantId), eq(providerKeys.provider, provider)))
      .orderBy(providerKeys.name);
  }

  /**
   * Deletes a key unless a batch at the provider needs it: then the id of the tenant's batch comes
   * back in `neededBy`.
   */
  async delete(
    tenantId: string,
    provider: ProviderName,
    name: string,
  ): Promise<{ deleted: boolean; neededBy?: string }> {
    const db = this.#shards.of(tenantId);
    const open = and(
      eq(providerBatches.tenant_id, tenantId),
      sql`${providerBatches.provider} = ${provider}`,
      eq(providerBatches.key_name, name),
      sql`${providerBatches.state} <> 'ended'`,
    );
    const change = db
      .delete(providerKeys)
      .where(
        and(
          isKey({ tenant_id: tenantId, provider, name }),
          notExists(db.select({ id: providerBatches.id }).from(providerBatches).where(open)),
        ),
      )
      .returning({ name: providerKeys.name });
    const note = noteOf("provider_key.deleted", { tenant_id: tenantId, provider, name });
    const [, gone, , needing] = await db.batch([
      ...audited(db, note, change),
      db.select({ batch_id: providerBatches.batch_id }).from(providerBatches).where(open).limit(1),
    ]);
    const [batch] = needing;
    return { deleted: gone.length > 0, ...(batch && { neededBy: batch.batch_id }) };
  }
}

type KeyName = Pick<ProviderKeyRow, "tenant_id" | "provider" | "name">;

function isKey({ tenant_id, provider, name }: KeyName) {
  return and(eq(providerKeys.tenant_id, tenant_id), eq(providerKeys.provider, provider), eq(providerKeys.name, name));
}

function noteOf(
  action: "provider_key.set" | "provider_key.deleted",
  key: KeyName,
  detail: AuditNote["detail"] = {},
): AuditNote {
  const from = rowAsJson(providerKeys, ["weight", "rpm", "tpm", "max_concurrency"], isKey(key));
  const object = `provider_key:${key.provider}/${key.name}`;
  return { tenant_id: key.tenant_id, action, object, detail: { from, ...detail } };
}
