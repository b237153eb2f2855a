import { type BuiltInProvider, isBuiltIn, type ProviderName } from "../../domain/completions/completion.ts";
import type { UpstreamEndpoint } from "../../domain/completions/upstream.ts";
import { AppError, notFound } from "../../domain/errors.ts";
import type { KeyLimits } from "../../domain/gate/protocol/messages.ts";
import type { Clock } from "../../lib/clock.ts";
import { sha256 } from "../../lib/hash.ts";
import type { ProviderKeyRepository, ProviderKeyRow } from "../../storage/tenants/provider-keys.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { TenantRecord, TenantRecords } from "./tenant-records.ts";
import { openUpstream, type Upstreams } from "./upstreams.ts";
import type { Vault } from "./vault.ts";

/** A provider key from a tenant. Limits are requests and tokens a minute, and concurrent calls. */
export interface NewProviderKey {
  api_key: string;
  weight?: number;
  rpm?: number;
  tpm?: number;
  max_concurrency?: number;
}

/**
 * A stored provider key without its secret. `hint` holds the last four characters of the secret.
 */
export type StoredProviderKey = Omit<ProviderKeyRow, "ciphertext">;

/**
 * A provider key, decrypted for calls. A limit that is null was not given. The secret of an
 * upstream without keys is empty.
 */
export interface ProviderKey extends KeyLimits {
  secret: string;
  /** Where the key is sent, for an upstream. From the same copy as the key, and secret like it. */
  upstream?: UpstreamEndpoint;
}

/** The keys' limits for the gate: everything but the secrets. */
export function limitsOf(keys: readonly ProviderKey[]): KeyLimits[] {
  return keys.map(({ secret: _secret, upstream: _upstream, ...limits }) => limits);
}

/** Hexadecimal digits of a digest that a version has: 48 bits tell secrets apart, and no more. */
const VERSION_DIGITS = 12;

/** The dependencies of {@link ProviderKeys}. */
export interface ProviderKeysDeps extends Clock {
  providerKeys: Pick<ProviderKeyRepository, "put" | "list" | "delete">;
  tenantRecords: Pick<TenantRecords, "read" | "readWithUpstreams" | "refresh" | "renewEpoch">;
  upstreams: Pick<Upstreams, "requireProvider">;
  tenants: Pick<TenantRepository, "find">;
  vault: Pick<Vault, "open" | "seal">;
  /** The deployment's own keys. Tenants without keys at a provider use these. */
  deploymentKeys: Record<BuiltInProvider, string[]>;
}

/** The provider keys of tenants: encrypted at rest, and decrypted only to make calls. */
export class ProviderKeys {
  readonly #deps: ProviderKeysDeps;
  readonly #ofDeployment: Record<BuiltInProvider, ProviderKey[]>;
  /**
   * Decrypted keys. They exist only in this isolate's memory, and only as long as the encrypted
   * ones.
   */
  readonly #opened = new WeakMap<TenantRecord, Map<ProviderName, ProviderKey[]>>();

  constructor(deps: ProviderKeysDeps) {
    this.#deps = deps;
    this.#ofDeployment = {
      openai: deps.deploymentKeys.openai.map(deploymentKey),
      anthropic: deps.deploymentKeys.anthropic.map(deploymentKey),
    };
  }

  /**
   * Stores or replaces a key by its name. `created` says whether the name is new. Like the other
   * methods that name a provider, it throws `validation_error` where the tenant has no such one.
   */
  async put(
    tenantId: string,
    provider: ProviderName,
    name: string,
    key: NewProviderKey,
  ): Promise<{ row: StoredProviderKey; created: boolean }> {
    const { vault, providerKeys, upstreams } = this.#deps;
    await upstreams.requireProvider(tenantId, provider);
    const now = this.#deps.now();
    const version = now;
    const place = associatedData({ tenant_id: tenantId, provider, name, version });
    const put = await providerKeys.put({
      tenant_id: tenantId,
      provider,
      name,
      version,
      ciphertext: await vault.seal(await this.#dataKey(tenantId), tenantId, place, key.api_key),
      hint: key.api_key.slice(-4),
      weight: key.weight ?? 1,
      rpm: key.rpm ?? null,
      tpm: key.tpm ?? null,
      max_concurrency: key.max_concurrency ?? null,
      created_at: now,
      updated_at: now,
    });
    await this.#deps.tenantRecords.refresh(tenantId);
    return put;
  }

  /** A tenant's keys at a provider, by name. */
  async list(tenantId: string, provider: ProviderName): Promise<StoredProviderKey[]> {
    await this.#deps.upstreams.requireProvider(tenantId, provider);
    return this.#deps.providerKeys.list(tenantId, provider);
  }

  /** Throws `not_found` if the tenant has no key of this name. */
  async get(tenantId: string, provider: ProviderName, name: string): Promise<StoredProviderKey> {
    const row = (await this.list(tenantId, provider)).find((each) => each.name === name);
    if (!row) throw notFound("provider key");
    return row;
  }

  /**
   * Throws `not_found` if the tenant has no key of this name, and `conflict` while a batch at the
   * provider needs it: only this key can poll, cancel and collect that batch.
   */
  async delete(tenantId: string, provider: ProviderName, name: string): Promise<void> {
    const { deleted, neededBy } = await this.#deps.providerKeys.delete(tenantId, provider, name);
    if (!deleted) {
      await this.get(tenantId, provider, name);
      const detail = `The batch ${neededBy ?? ""} still runs at the provider with this key. Cancel it, or wait for its end.`;
      throw new AppError("conflict", detail);
    }
    await this.#deps.tenantRecords.refresh(tenantId);
  }

  /**
   * The keys for a tenant's calls, heaviest first: the tenant's own, or else the deployment's. An
   * upstream without keys has one that is empty; one that was deleted has none.
   */
  async keysFor(tenantId: string, provider: ProviderName): Promise<ProviderKey[]> {
    const { tenantRecords } = this.#deps;
    const record = isBuiltIn(provider)
      ? await tenantRecords.read(tenantId)
      : await tenantRecords.readWithUpstreams(tenantId);
    if (!record) return isBuiltIn(provider) ? this.#ofDeployment[provider] : [];
    const opened = this.#opened.get(record) ?? new Map<ProviderName, ProviderKey[]>();
    this.#opened.set(record, opened);
    const known = opened.get(provider);
    if (known) return known;
    const keys = datedBy(record, await this.#open(provider, record));
    opened.set(provider, keys);
    return keys;
  }

  /** The same as the database has them now, for one who knows that a copy is outdated. */
  async newestKeysFor(tenantId: string, provider: ProviderName): Promise<ProviderKey[]> {
    await this.#deps.tenantRecords.renewEpoch(tenantId);
    return this.keysFor(tenantId, provider);
  }

  async #open(provider: ProviderName, record: TenantRecord): Promise<ProviderKey[]> {
    const own = await this.#openRows(provider, record);
    if (isBuiltIn(provider)) return own.length > 0 ? own : this.#ofDeployment[provider];
    const upstream = await openUpstream(this.#deps.vault, record, provider);
    if (!upstream) return [];
    const keys = own.length > 0 ? own : [{ ...UNLIMITED, name: "_0", version: upstream.version, secret: "" }];
    return keys.map((key) => ({ ...key, upstream }));
  }

  async #openRows(provider: ProviderName, { wrapped_data_key, provider_keys }: TenantRecord): Promise<ProviderKey[]> {
    const rows = provider_keys.filter((row) => row.provider === provider);
    const byWeight = rows.toSorted((a, b) => b.weight - a.weight);
    return Promise.all(
      byWeight.map(async (row) => {
        const { tenant_id, name, version, weight, rpm, tpm, max_concurrency } = row;
        const secret = await this.#deps.vault.open(wrapped_data_key, tenant_id, associatedData(row), row.ciphertext);
        return { name, version, secret, weight, rpm, tpm, max_concurrency };
      }),
    );
  }

  async #dataKey(tenantId: string): Promise<string> {
    const tenant = await this.#deps.tenants.find(tenantId);
    if (!tenant) throw notFound("tenant");
    return tenant.wrapped_data_key;
  }
}

const UNLIMITED = { weight: 1, rpm: null, tpm: null, max_concurrency: null };

/**
 * A key of the deployment. Its name begins with a character that names of tenants' keys cannot
 * begin with. Its version is a part of the secret's digest, because nobody counts replacements.
 */
function deploymentKey(secret: string, index: number): ProviderKey {
  const version = Number.parseInt(sha256().update(`version of ${secret}`).hex().slice(0, VERSION_DIGITS), 16);
  return { ...UNLIMITED, name: `_${index}`, version, secret };
}

/** The keys with the time of their copy, by which the gate tells the newest configuration. */
function datedBy({ read_at }: TenantRecord, keys: ProviderKey[]): ProviderKey[] {
  return keys.map((key) => ({ ...key, configured_at: read_at }));
}

/** Ties a ciphertext to its row: moved to another row, it cannot be decrypted. */
function associatedData(row: Pick<ProviderKeyRow, "tenant_id" | "provider" | "name" | "version">): string {
  return `${row.tenant_id}|${row.provider}|${row.name}|${row.version}`;
}
