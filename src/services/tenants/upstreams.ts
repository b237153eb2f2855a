import { type BuiltInProvider, isBuiltIn, PROVIDERS, type ProviderName } from "../../domain/completions/completion.ts";
import { baseUrlFault, headerFault, type UpstreamEndpoint } from "../../domain/completions/upstream.ts";
import { AppError, invalid, notFound } from "../../domain/errors.ts";
import type { Clock } from "../../lib/clock.ts";
import { withoutTrailing } from "../../lib/without-trailing.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { UpstreamRepository, UpstreamRow } from "../../storage/tenants/upstreams.ts";
import type { TenantRecord, TenantRecords } from "./tenant-records.ts";
import type { Vault } from "./vault.ts";

/** What a tenant says of an upstream. */
export interface NewUpstream {
  kind: BuiltInProvider;
  base_url: string;
  headers?: Record<string, string>;
}

/** A stored upstream, with the names of its headers but not their values. */
export type StoredUpstream = Omit<UpstreamRow, "headers">;

/** The dependencies of {@link Upstreams}. */
export interface UpstreamsDeps extends Clock {
  upstreams: Pick<UpstreamRepository, "put" | "list" | "find" | "delete">;
  tenantRecords: Pick<TenantRecords, "readWithUpstreams" | "refresh">;
  tenants: Pick<TenantRepository, "find">;
  vault: Pick<Vault, "seal">;
  /** The origins that this deployment lets upstreams have. */
  allowedOrigins: readonly string[];
}

/** The most upstreams of a tenant. They are a part of its record, which is read as a whole. */
export const MAX_UPSTREAMS = 20;

const UNKNOWN_PROVIDER = `must be ${PROVIDERS.map((name) => `"${name}"`).join(", ")} or an upstream: PUT /v1/providers/{name}`;

/** The upstreams of tenants: servers of their own that speak a built-in provider's wire format. */
export class Upstreams {
  readonly #deps: UpstreamsDeps;

  constructor(deps: UpstreamsDeps) {
    this.#deps = deps;
  }

  /**
   * Stores or replaces an upstream; its keys and prices stay. `created` says whether the name is
   * new. Throws `validation_error` for the name of a built-in provider, for an address that this
   * deployment does not allow and for a header that cannot be set, and `conflict` for too many.
   */
  async put(tenantId: string, name: string, wanted: NewUpstream): Promise<{ row: StoredUpstream; created: boolean }> {
    const { vault, upstreams, allowedOrigins } = this.#deps;
    const headers = lowerCased(wanted.headers ?? {});
    if (isBuiltIn(name)) throw invalid([{ path: "name", message: `\`${name}\` is a built-in provider` }]);
    const fault = baseUrlFault(wanted.base_url, allowedOrigins);
    if (fault !== null) throw invalid([{ path: "base_url", message: fault }]);
    const faulty = headerFault(headers);
    if (faulty) throw invalid([{ path: `headers.${faulty.name}`, message: faulty.message }]);
    const tenant = await this.#deps.tenants.find(tenantId);
    if (!tenant) throw notFound("tenant");
    const now = this.#deps.now();
    const at = { tenant_id: tenantId, name, version: now };
    const header_names = Object.keys(headers).toSorted();
    const seal = async () => vault.seal(tenant.wrapped_data_key, tenantId, placeOf(at), JSON.stringify(headers));
    const put = await upstreams.put(
      {
        ...at,
        kind: wanted.kind,
        base_url: withoutTrailing(wanted.base_url, "/"),
        headers: header_names.length > 0 ? await seal() : null,
        header_names,
        created_at: now,
        updated_at: now,
      },
      MAX_UPSTREAMS,
    );
    if (!put) throw new AppError("conflict", `A tenant has at most ${MAX_UPSTREAMS} upstreams.`);
    await this.#deps.tenantRecords.refresh(tenantId);
    return put;
  }

  /** A tenant's upstreams, by name. */
  async list(tenantId: string): Promise<StoredUpstream[]> {
    return this.#deps.upstreams.list(tenantId);
  }

  /** Throws `not_found` if the tenant has no upstream of this name. */
  async get(tenantId: string, name: string): Promise<StoredUpstream> {
    const row = await this.#deps.upstreams.find(tenantId, name);
    if (!row) throw notFound("provider");
    return row;
  }

  /** Deletes an upstream with its keys and prices. Throws `not_found` if there is none. */
  async delete(tenantId: string, name: string): Promise<void> {
    if (!(await this.#deps.upstreams.delete(tenantId, name))) throw notFound("provider");
    await this.#deps.tenantRecords.refresh(tenantId);
  }

  /** Throws `validation_error` unless the provider is built in, or an upstream of the tenant's. */
  async requireProvider(tenantId: string, provider: ProviderName): Promise<void> {
    if (isBuiltIn(provider) || (await this.#deps.upstreams.find(tenantId, provider))) return;
    throw invalid([{ path: "provider", message: UNKNOWN_PROVIDER }]);
  }

  /** A tenant's upstreams for its executions, from its record. */
  async upstreamsOf(tenantId: string): Promise<readonly StoredUpstream[]> {
    return (await this.#deps.tenantRecords.readWithUpstreams(tenantId))?.upstreams ?? [];
  }
}

/**
 * An upstream out of a tenant's record, decrypted for calls; undefined without one of this name.
 */
export async function openUpstream(
  vault: Pick<Vault, "open">,
  { wrapped_data_key, upstreams = [] }: TenantRecord,
  name: ProviderName,
): Promise<(UpstreamEndpoint & { version: number }) | undefined> {
  const row = upstreams.find((each) => each.name === name);
  if (!row) return undefined;
  const { kind, base_url, version } = row;
  const opened = row.headers && (await vault.open(wrapped_data_key, row.tenant_id, placeOf(row), row.headers));
  return { name, kind, base_url, version, headers: opened ? (JSON.parse(opened) as Record<string, string>) : {} };
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Ties a ciphertext to its row. No provider key has an empty name, so none can take its place. */
function placeOf({ tenant_id, name, version }: Pick<UpstreamRow, "tenant_id" | "name" | "version">): string {
  return `${tenant_id}|${name}||${version}`;
}
