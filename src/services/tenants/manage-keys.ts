import { formatSecret, formatToken, type Scope, SCOPES, SECRET_BYTES } from "../../domain/tenants/api-key.ts";
import { notFound } from "../../domain/errors.ts";
import { newId } from "../../domain/id.ts";
import { mergePages, type Page } from "../../domain/page.ts";
import { bucketOf } from "../../domain/shard.ts";
import { hmacHex } from "../../lib/hash.ts";
import type { RecordCache } from "../../cache/records.ts";
import type { ApiKeyRow, TenantRepository, TenantRow } from "../../storage/tenants/tenants.ts";
import { apiKeyKey } from "./authenticate.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Vault } from "./vault.ts";

/** What a new key is made from. `expires_at` in Unix ms, budgets in USD. */
export interface NewKey {
  name: string;
  scopes: Scope[];
  expires_at?: number;
  daily_budget_usd?: number;
  monthly_budget_usd?: number;
}

/** A key with the bearer text that is shown this once. */
export interface IssuedKey {
  key: ApiKeyRow;
  secret: string;
}

/** Tenants and their API keys. */
export interface ManageKeys {
  createTenant(name: string): Promise<{ tenant: TenantRow } & IssuedKey>;
  create(tenantId: string, key: NewKey): Promise<IssuedKey>;
  list(tenantId: string, limit: number, before?: string): Promise<Page<ApiKeyRow>>;
  /** A new secret for the same key; the old one stays good for `overlapMs`. */
  rotate(tenantId: string, keyId: string, overlapMs: number): Promise<IssuedKey>;
  /** Ends a key: at once here, elsewhere within the bound on staleness. */
  revoke(tenantId: string, keyId: string): Promise<void>;
}

/** What {@link createManageKeys} needs. */
export interface ManageKeysDeps extends Clock {
  tenants: TenantRepository;
  records: Pick<RecordCache, "write">;
  vault: Pick<Vault, "newDataKey">;
  env: string;
  pepper: string;
}

/** The service. */
export function createManageKeys(deps: ManageKeysDeps): ManageKeys {
  async function newSecret(keyId: string) {
    const secret = formatSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
    return { token: formatToken(deps.env, keyId, secret), digest: await hmacHex(deps.pepper, secret) };
  }
  async function issue(tenantId: string, wanted: NewKey) {
    const now = deps.now();
    const id = newId("key", now, bucketOf(tenantId));
    const { token, digest } = await newSecret(id);
    const key: ApiKeyRow = {
      id,
      tenant_id: tenantId,
      name: wanted.name,
      scopes: [...new Set(wanted.scopes)],
      digest,
      previous_digest: null,
      previous_expires_at: null,
      expires_at: wanted.expires_at ?? null,
      revoked_at: null,
      daily_budget_usd: wanted.daily_budget_usd ?? null,
      monthly_budget_usd: wanted.monthly_budget_usd ?? null,
      created_at: now,
    };
    return { key, secret: token };
  }
  return {
    async createTenant(name) {
      const now = deps.now();
      const id = newId("ten", now);
      const tenant = { id, name, wrapped_data_key: await deps.vault.newDataKey(id), created_at: now };
      const first = await issue(id, { name: "first", scopes: [...SCOPES] });
      await deps.tenants.create(tenant, first.key);
      await deps.records.write(apiKeyKey(first.key.id), first.key);
      return { tenant, ...first };
    },
    async create(tenantId, wanted) {
      const issued = await issue(tenantId, wanted);
      await deps.tenants.insertKey(issued.key);
      await deps.records.write(apiKeyKey(issued.key.id), issued.key);
      return issued;
    },
    async list(tenantId, limit, before) {
      return mergePages([await deps.tenants.listKeys(tenantId, limit, before)], limit, (key) => key.id, "desc");
    },
    async rotate(tenantId, keyId, overlapMs) {
      const { token, digest } = await newSecret(keyId);
      const key = await deps.tenants.rotateKey(tenantId, keyId, digest, deps.now() + overlapMs);
      if (!key) throw notFound("key");
      await deps.records.write(apiKeyKey(key.id), key);
      return { key, secret: token };
    },
    async revoke(tenantId, keyId) {
      if (!(await deps.tenants.revokeKey(tenantId, keyId, deps.now()))) throw notFound("key");
      await deps.records.write(apiKeyKey(keyId), null);
    },
  };
}
