import type { ProviderName } from "../../domain/completions/completion.ts";
import { notFound } from "../../domain/errors.ts";
import type { KeyLimits } from "../../domain/gate/protocol/messages.ts";
import type { RecordCache, Staleness } from "../../cache/records.ts";
import type { ProviderKeyRepository, ProviderKeyRow } from "../../storage/tenants/provider-keys.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { Clock } from "../../lib/clock.ts";
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
export interface ProviderKey extends KeyLimits {
  secret: string;
}

/** What the gate is told of keys: all but their secrets. */
export function limitsOf(keys: readonly ProviderKey[]): KeyLimits[] {
  return keys.map(({ secret: _secret, ...limits }) => limits);
}

/** What {@link createManageProviderKeys} needs. */
export interface ManageProviderKeysDeps extends Clock {
  providerKeys: ProviderKeyRepository;
  records: RecordCache;
  /** How old a copy of the keys may be. */
  staleness: Staleness;
  tenants: Pick<TenantRepository, "find">;
  vault: Vault;
  deploymentKeys: Record<ProviderName, string[]>;
}

/** A tenant's keys at a provider as the cache tiers hold them: still sealed, with the wrapped key that opens them. */
interface SealedKeys {
  wrapped_data_key: string;
  rows: ProviderKeyRow[];
}

/** The service. */
export function createManageProviderKeys(deps: ManageProviderKeysDeps): ManageProviderKeys {
  /** Opened keys, in this isolate's memory alone, for as long as the sealed ones are. */
  const opened = new WeakMap<SealedKeys, ProviderKey[]>();
  const ofDeployment = {
    openai: deps.deploymentKeys.openai.map(deploymentKey),
    anthropic: deps.deploymentKeys.anthropic.map(deploymentKey),
  };

  async function load(tenantId: string, provider: ProviderName): Promise<SealedKeys> {
    const rows = await deps.providerKeys.list(tenantId, provider);
    return { rows, wrapped_data_key: rows.length === 0 ? "" : await dataKey(tenantId) };
  }

  async function changed(tenantId: string, provider: ProviderName): Promise<void> {
    await deps.records.refresh(sealedKey(tenantId, provider), async () => load(tenantId, provider));
  }

  async function open({ wrapped_data_key, rows }: SealedKeys): Promise<ProviderKey[]> {
    const byWeight = rows.toSorted((a, b) => b.weight - a.weight);
    return Promise.all(
      byWeight.map(async (row) => {
        const { name, version, weight, rpm, tpm, max_concurrency } = row;
        const secret = await deps.vault.open(wrapped_data_key, row.tenant_id, associatedData(row), row.ciphertext);
        return { name, version, secret, weight, rpm, tpm, max_concurrency };
      }),
    );
  }

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
      const put = await deps.providerKeys.put({
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
      await changed(tenantId, provider);
      return put;
    },
    list: (tenantId, provider) => deps.providerKeys.list(tenantId, provider),
    async get(tenantId, provider, name) {
      const row = (await deps.providerKeys.list(tenantId, provider)).find((each) => each.name === name);
      if (!row) throw notFound("provider key");
      return row;
    },
    async delete(tenantId, provider, name) {
      if (!(await deps.providerKeys.delete(tenantId, provider, name))) throw notFound("provider key");
      await changed(tenantId, provider);
    },
    async keysFor(tenantId, provider) {
      const { value: sealed } = await deps.records.read(sealedKey(tenantId, provider), {
        staleness: deps.staleness,
        load: async () => load(tenantId, provider),
      });
      if (!sealed || sealed.rows.length === 0) return ofDeployment[provider];
      const known = opened.get(sealed) ?? (await open(sealed));
      opened.set(sealed, known);
      return known;
    },
  };
}

function sealedKey(tenantId: string, provider: ProviderName): string {
  return `provider-keys/${tenantId}/${provider}`;
}

/** A key of the deployment's own. Its name begins with what no tenant's may. */
function deploymentKey(secret: string, index: number): ProviderKey {
  return { name: `_${index}`, version: 0, secret, weight: 1, rpm: null, tpm: null, max_concurrency: null };
}

function associatedData(row: Pick<ProviderKeyRow, "tenant_id" | "provider" | "name" | "version">): string {
  return `${row.tenant_id}|${row.provider}|${row.name}|${row.version}`;
}
