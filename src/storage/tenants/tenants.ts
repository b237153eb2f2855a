import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import { bucketInId } from "../../domain/id.ts";
import { apiKeys, tenants } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** A tenant's row. */
export type TenantRow = typeof tenants.$inferSelect;
/** An API key's row; digests, never secrets. */
export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Tenants and their API keys, together on the tenant's shard. */
export interface TenantRepository {
  /** Writes a tenant and its first key: both or neither. */
  create(tenant: TenantRow, firstKey: ApiKeyRow): Promise<void>;
  find(tenantId: string): Promise<TenantRow | undefined>;
  insertKey(key: ApiKeyRow): Promise<void>;
  /** By id alone, whoever owns it: for authentication only. */
  findKey(keyId: string): Promise<ApiKeyRow | undefined>;
  /** A tenant's live keys, newest first; up to `limit + 1` rows. */
  listKeys(tenantId: string, limit: number, before?: string): Promise<ApiKeyRow[]>;
  /** Gives a live key a new digest; the old one stays beside it until `previousExpiresAt`. Undefined where the tenant has no such key. */
  rotateKey(tenantId: string, keyId: string, digest: string, previousExpiresAt: number): Promise<ApiKeyRow | undefined>;
  /** Ends a live key; whether the tenant had it. */
  revokeKey(tenantId: string, keyId: string, now: number): Promise<boolean>;
}

/** The repository over the shards. */
export function createTenantRepository(shards: Shards): TenantRepository {
  return {
    async create(tenant, firstKey) {
      const db = shards.of(tenant.id);
      await db.batch([db.insert(tenants).values(tenant), db.insert(apiKeys).values(firstKey)]);
    },
    async find(tenantId) {
      return shards.of(tenantId).select().from(tenants).where(eq(tenants.id, tenantId)).get();
    },
    async insertKey(key) {
      await shards.of(key.tenant_id).insert(apiKeys).values(key);
    },
    async findKey(keyId) {
      return shards.ofBucket(bucketInId(keyId)).select().from(apiKeys).where(eq(apiKeys.id, keyId)).get();
    },
    async listKeys(tenantId, limit, before) {
      return shards
        .of(tenantId)
        .select()
        .from(apiKeys)
        .where(
          and(
            eq(apiKeys.tenant_id, tenantId),
            isNull(apiKeys.revoked_at),
            before === undefined ? undefined : lt(apiKeys.id, before),
          ),
        )
        .orderBy(desc(apiKeys.id))
        .limit(limit + 1);
    },
    async rotateKey(tenantId, keyId, digest, previousExpiresAt) {
      return shards
        .of(tenantId)
        .update(apiKeys)
        .set({ digest, previous_digest: sql`${apiKeys.digest}`, previous_expires_at: previousExpiresAt })
        .where(isLive(tenantId, keyId))
        .returning()
        .get();
    },
    async revokeKey(tenantId, keyId, now) {
      const revoked = await shards
        .of(tenantId)
        .update(apiKeys)
        .set({ revoked_at: now })
        .where(isLive(tenantId, keyId))
        .returning({ id: apiKeys.id });
      return revoked.length > 0;
    },
  };
}

function isLive(tenantId: string, keyId: string) {
  return and(eq(apiKeys.tenant_id, tenantId), eq(apiKeys.id, keyId), isNull(apiKeys.revoked_at));
}
