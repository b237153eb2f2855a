import type { RecordCache } from "../../cache/records.ts";
import { formatSecret, formatToken, type KeyScope, SECRET_BYTES } from "../../domain/tenants/api-key.ts";
import { newId } from "../../domain/id.ts";
import { bucketOf } from "../../domain/shard.ts";
import type { Clock } from "../../lib/clock.ts";
import { hmacHex } from "../../lib/hash.ts";
import type { ApiKeyRow, TenantRepository } from "../../storage/tenants/tenants.ts";
import { tokenMac } from "./token-mac.ts";

/** An API key with its digests. It holds no secret. */
export type ApiKey = ApiKeyRow;

/** The settings of a new key. `expires_at` in Unix ms, budgets in USD. */
export interface NewKey {
  name: string;
  scopes: KeyScope[];
  expires_at?: number;
  daily_budget_usd?: number;
  monthly_budget_usd?: number;
}

/** A key with its bearer token, which is shown only once. */
export interface IssuedKey {
  key: ApiKey;
  secret: string;
}

/**
 * The dependencies of the use cases that change API keys. `env` names the deployment inside its
 * tokens.
 */
export interface ChangeKeyDeps extends Clock {
  tenants: Pick<TenantRepository, "create" | "findKey" | "insertKey" | "rotateKey" | "revokeKey">;
  records: Pick<RecordCache, "write">;
  env: string;
  pepper: string;
}

/** The key of the record of an API key. */
export function apiKeyKey(keyId: string): string {
  return `key/${keyId}`;
}

/** A new bearer token for the key, and the digest of its secret. */
export async function newToken(
  { env, pepper }: Pick<ChangeKeyDeps, "env" | "pepper">,
  keyId: string,
): Promise<{ token: string; digest: string }> {
  const secret = formatSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
  const [mac, digest] = await Promise.all([tokenMac(pepper, keyId, secret), hmacHex(pepper, secret)]);
  return { token: formatToken(env, keyId, secret, mac), digest };
}

/** A new key of a tenant, not stored yet. */
export async function issueKey(
  deps: Pick<ChangeKeyDeps, "env" | "pepper" | "now">,
  tenantId: string,
  wanted: NewKey,
): Promise<IssuedKey> {
  const now = deps.now();
  const id = newId("key", now, bucketOf(tenantId));
  const { token, digest } = await newToken(deps, id);
  const key: ApiKey = {
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
