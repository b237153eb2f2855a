import { and, desc, eq, getTableColumns, isNull, lt, sql } from "drizzle-orm";
import { bucketInId } from "../../domain/id.ts";
import { audited, type AuditNote, rowAsJson } from "../audit/audited.ts";
import { apiKeys, tenants } from "../schema.ts";
import type { Shards } from "../shards.ts";

/** The row of a tenant. */
export type TenantRow = typeof tenants.$inferSelect;
/** The row of an API key. It holds digests, never secrets. */
export type ApiKeyRow = typeof apiKeys.$inferSelect;
/** A key, and its tenant's epoch at the time of the reading, where it is known. */
export type FoundKey = ApiKeyRow & { tenant_epoch?: number };

/** How long an admin key must last for another one that ends to be revoked beside it, ms. */
const LONG_ENOUGH_MS = 7 * 86_400_000;

/** Tenants and their API keys, together on the tenant's shard. Times are Unix ms. */
export class TenantRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Writes a tenant and its first key, both or neither. */
  async create(tenant: TenantRow, firstKey: ApiKeyRow): Promise<void> {
    const db = this.#shards.of(tenant.id);
    const { id: tenant_id, name } = tenant;
    const note = { tenant_id, action: "tenant.created", object: `tenant:${tenant_id}`, detail: { name } } as const;
    await db.batch([
      ...audited(db, note, db.insert(tenants).values(tenant)),
      ...audited(db, creationOf(firstKey), db.insert(apiKeys).values(firstKey)),
    ]);
  }

  async find(tenantId: string): Promise<TenantRow | undefined> {
    return this.#shards.of(tenantId).select().from(tenants).where(eq(tenants.id, tenantId)).get();
  }

  async insertKey(key: ApiKeyRow): Promise<void> {
    const db = this.#shards.of(key.tenant_id);
    await db.batch(audited(db, creationOf(key), db.insert(apiKeys).values(key)));
  }

  /** Finds a key by its id alone, of whichever tenant. For authentication only. */
  async findKey(keyId: string): Promise<FoundKey | undefined> {
    const found = await this.#shards
      .ofBucket(bucketInId(keyId))
      .select({ ...getTableColumns(apiKeys), tenant_epoch: tenants.epoch })
      .from(apiKeys)
      .leftJoin(tenants, eq(tenants.id, apiKeys.tenant_id))
      .where(eq(apiKeys.id, keyId))
      .get();
    return found && { ...found, tenant_epoch: found.tenant_epoch ?? undefined };
  }

  /** A tenant's live keys, newest first; up to `limit + 1` rows. */
  async listKeys(tenantId: string, limit: number, before?: string): Promise<ApiKeyRow[]> {
    return this.#shards
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
  }

  /**
   * Gives a live key a new digest. The old digest stays valid until `previousExpiresAt`. Within the
   * overlap of an earlier rotation the digest from before that one stays instead, and no longer
   * than it had: a caller that lost the answer and asks again must not lose the secret in use.
   * Undefined if the tenant has no such key.
   */
  async rotateKey(
    tenantId: string,
    keyId: string,
    { digest, previousExpiresAt, now }: { digest: string; previousExpiresAt: number; now: number },
  ): Promise<ApiKeyRow | undefined> {
    const { previous_digest, previous_expires_at } = apiKeys;
    const overlaps = sql`${previous_expires_at} > ${now}`;
    const db = this.#shards.of(tenantId);
    const change = db
      .update(apiKeys)
      .set({
        digest,
        previous_digest: sql`case when ${overlaps} then ${previous_digest} else ${apiKeys.digest} end`,
        previous_expires_at: sql`case when ${overlaps} then min(${previous_expires_at}, ${previousExpiresAt})
          else ${previousExpiresAt} end`,
      })
      .where(isLive(tenantId, keyId))
      .returning();
    const [, [rotated]] = await db.batch(audited(db, noteOf("key.rotated", tenantId, keyId), change));
    return rotated;
  }

  /**
   * Revokes a live key. False if the tenant has no such key, or if no other one with the scope
   * `admin` lasts as long, without which nobody could make another. A week is long enough beside a
   * key that ends: keys make none that outlive them, and one that leaked must not have to stay
   * because it ends last. A key that has expired is none.
   */
  async revokeKey(tenantId: string, keyId: string, now: number): Promise<boolean> {
    const isAdmin = sql`exists (select 1 from json_each(scopes) where value = 'admin')`;
    // For a key without an end this is null, which no end is beyond.
    const longEnough = sql`min(api_keys.expires_at, ${now + LONG_ENOUGH_MS})`;
    const hasOther = sql`exists (
      select 1 from api_keys as other
      where other.tenant_id = ${tenantId} and other.id <> ${keyId} and other.revoked_at is null
        and (other.expires_at is null or (other.expires_at > ${now} and other.expires_at >= ${longEnough}))
        and exists (select 1 from json_each(other.scopes) where value = 'admin'))`;
    const db = this.#shards.of(tenantId);
    const change = db
      .update(apiKeys)
      .set({ revoked_at: now })
      .where(and(isLive(tenantId, keyId), sql`(not ${isAdmin} or api_keys.expires_at <= ${now} or ${hasOther})`))
      .returning({ id: apiKeys.id });
    const [, revoked] = await db.batch(audited(db, noteOf("key.revoked", tenantId, keyId), change));
    return revoked.length > 0;
  }
}

function isLive(tenantId: string, keyId: string) {
  return and(eq(apiKeys.tenant_id, tenantId), eq(apiKeys.id, keyId), isNull(apiKeys.revoked_at));
}

function creationOf(key: ApiKeyRow): AuditNote {
  const { id, tenant_id, name, scopes, expires_at, daily_budget_usd, monthly_budget_usd } = key;
  const ends = expires_at === null ? null : new Date(expires_at).toISOString();
  const to = { name, scopes, expires_at: ends, daily_budget_usd, monthly_budget_usd };
  return { tenant_id, action: "key.created", object: `key:${id}`, detail: { to } };
}

function noteOf(action: "key.rotated" | "key.revoked", tenant_id: string, keyId: string): AuditNote {
  const from = rowAsJson(apiKeys, ["name", "scopes"], isLive(tenant_id, keyId));
  return { tenant_id, action, object: `key:${keyId}`, detail: { from } };
}
