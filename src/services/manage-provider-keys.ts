import type { ProviderName } from "../domain/completion.ts";
import { notFound } from "../domain/errors.ts";
import type { ProviderKeyRepository, ProviderKeyRow } from "../storage/provider-keys.ts";
import type { TenantRepository } from "../storage/tenants.ts";
import type { Clock } from "./clock.ts";
import type { Vault } from "./vault.ts";

/** A provider key as a tenant gives it. Limits are requests and tokens a minute, and calls at a time. */
export interface NewProviderKey {
  api_key: string;
  weight?: number;
  rpm?: number;
  tpm?: number;
  max_concurrency?: number;
}

/** A tenant's keys at the providers: encrypted at rest, opened only to make a call. */
export interface ManageProviderKeys {
  put(
    tenantId: string,
    provider: ProviderName,
    name: string,
    key: NewProviderKey,
  ): Promise<{ row: ProviderKeyRow; created: boolean }>;
  list(tenantId: string, provider: ProviderName): Promise<ProviderKeyRow[]>;
  get(tenantId: string, provider: ProviderName, name: string): Promise<ProviderKeyRow>;
  delete(tenantId: string, provider: ProviderName, name: string): Promise<void>;
  /** The keys that may be used for a tenant's calls, heaviest first: its own, or else the deployment's. */
  keysFor(tenantId: string, provider: ProviderName): Promise<ProviderKey[]>;
}

/** A provider key, open, as calls use it. Limits are requests and tokens a minute and calls at a time; null is none stated. */
export interface ProviderKey {
  name: string;
  secret: string;
  weight: number;
  rpm: number | null;
  tpm: number | null;
  max_concurrency: number | null;
}

/** What {@link createManageProviderKeys} needs. */
export interface ManageProviderKeysDeps extends Clock {
  providerKeys: ProviderKeyRepository;
  tenants: Pick<TenantRepository, "find">;
  vault: Vault;
  deploymentKeys: Record<ProviderName, string[]>;
}

/** The service. */
export function createManageProviderKeys(deps: ManageProviderKeysDeps): ManageProviderKeys {
  async function dataKey(tenantId: string): Promise<string> {
    const tenant = await deps.tenants.find(tenantId);
    if (!tenant) throw notFound("tenant");
    return tenant.wrapped_data_key;
  }
  return {
    async put(tenantId, provider, name, key) {
      const now = deps.now();
      const version = now;
      const place = associatedData({ tenant_id: tenantId, provider, name, version });
      return deps.providerKeys.put({
        tenant_id: tenantId,
        provider,
        name,
        version,
        ciphertext: await deps.vault.seal(await dataKey(tenantId), tenantId, place, key.api_key),
        hint: key.api_key.slice(-4),
        weight: key.weight ?? 1,
        rpm: key.rpm ?? null,
        tpm: key.tpm ?? null,
        max_concurrency: key.max_concurrency ?? null,
        created_at: now,
        updated_at: now,
      });
    },
    list: (tenantId, provider) => deps.providerKeys.list(tenantId, provider),
    async get(tenantId, provider, name) {
      const row = (await deps.providerKeys.list(tenantId, provider)).find((each) => each.name === name);
      if (!row) throw notFound("provider key");
      return row;
    },
    async delete(tenantId, provider, name) {
      if (!(await deps.providerKeys.delete(tenantId, provider, name))) throw notFound("provider key");
    },
    async keysFor(tenantId, provider) {
      const rows = await deps.providerKeys.list(tenantId, provider);
      if (rows.length === 0) return deps.deploymentKeys[provider].map(deploymentKey);
      const key = await dataKey(tenantId);
      const byWeight = rows.toSorted((a, b) => b.weight - a.weight);
      return Promise.all(
        byWeight.map(async ({ name, weight, rpm, tpm, max_concurrency, ...row }) => {
          const place = associatedData({ ...row, name });
          const secret = await deps.vault.open(key, tenantId, place, row.ciphertext);
          return { name, secret, weight, rpm, tpm, max_concurrency };
        }),
      );
    },
  };
}

/** A key of the deployment's own. Its name begins with what no tenant's may. */
function deploymentKey(secret: string, index: number): ProviderKey {
  return { name: `_${index}`, secret, weight: 1, rpm: null, tpm: null, max_concurrency: null };
}

function associatedData(row: Pick<ProviderKeyRow, "tenant_id" | "provider" | "name" | "version">): string {
  return `${row.tenant_id}|${row.provider}|${row.name}|${row.version}`;
}
