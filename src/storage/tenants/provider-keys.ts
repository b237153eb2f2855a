import { and, eq } from "drizzle-orm";
import type { ProviderName } from "../../domain/completions/completion.ts";
import { providerKeys } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** A provider key's row; the secret is ciphertext. */
export type ProviderKeyRow = typeof providerKeys.$inferSelect;

/** A tenant's provider keys, on the tenant's shard. */
export interface ProviderKeyRepository {
  /** Writes or replaces a key by (tenant, provider, name); says whether it is new. */
  put(row: ProviderKeyRow): Promise<{ row: ProviderKeyRow; created: boolean }>;
  list(tenantId: string, provider: ProviderName): Promise<ProviderKeyRow[]>;
  /** Whether there was such a key. */
  delete(tenantId: string, provider: ProviderName, name: string): Promise<boolean>;
}

/** The repository over the shards. */
export function createProviderKeyRepository(shards: Shards): ProviderKeyRepository {
  return {
    async put(row) {
      const { tenant_id: _t, provider: _p, name: _n, created_at: _c, ...change } = row;
      const written = await shards
        .of(row.tenant_id)
        .insert(providerKeys)
        .values(row)
        .onConflictDoUpdate({
          target: [providerKeys.tenant_id, providerKeys.provider, providerKeys.name],
          set: change,
        })
        .returning()
        .get();
      return { row: written, created: written.created_at === row.created_at };
    },
    async list(tenantId, provider) {
      return shards
        .of(tenantId)
        .select()
        .from(providerKeys)
        .where(and(eq(providerKeys.tenant_id, tenantId), eq(providerKeys.provider, provider)))
        .orderBy(providerKeys.name);
    },
    async delete(tenantId, provider, name) {
      const gone = await shards
        .of(tenantId)
        .delete(providerKeys)
        .where(
          and(eq(providerKeys.tenant_id, tenantId), eq(providerKeys.provider, provider), eq(providerKeys.name, name)),
        )
        .returning({ name: providerKeys.name })
        .get();
      return gone !== undefined;
    },
  };
}
