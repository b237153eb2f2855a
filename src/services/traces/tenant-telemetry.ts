import { headerFault } from "../../domain/completions/upstream.ts";
import { invalid, notFound } from "../../domain/errors.ts";
import { webhookUrlFault } from "../../domain/webhooks/webhook-url.ts";
import type { Clock } from "../../lib/clock.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { TelemetryRepository, TelemetryRow } from "../../storage/tenants/telemetry.ts";
import type { TenantRepository } from "../../storage/tenants/tenants.ts";
import type { TenantRecords } from "../tenants/tenant-records.ts";
import type { Vault } from "../tenants/vault.ts";
import { type Collector, tracesUrl } from "./collector.ts";

/**
 * What a tenant says of its own collector and of content. `sample` is a share from 0 to 1, and has
 * to be said where there is a collector.
 */
export interface NewTelemetry {
  /** Absent where the tenant has no collector. */
  otlp_endpoint?: string;
  headers?: Record<string, string>;
  sample?: number;
  content: boolean;
}

/** The endpoint in the row of a tenant without a collector. Older versions send nothing there. */
export const NO_ENDPOINT = "";

/** A tenant's collector as it is stored, with the names of its headers but not their values. */
export type StoredTelemetry = Omit<TelemetryRow, "headers">;

/** The dependencies of {@link TenantTelemetry}. */
export interface TenantTelemetryDeps extends Clock {
  telemetry: Pick<TelemetryRepository, "put" | "find" | "delete">;
  tenantRecords: Pick<TenantRecords, "readWithTelemetry" | "refresh">;
  tenants: Pick<TenantRepository, "find">;
  vault: Pick<Vault, "seal" | "open">;
  onFault(event: string, error: unknown, ids: Record<string, string>): void;
  /** Origins that a collector may have although they are neither https nor public. */
  allowedOrigins: readonly string[];
}

/** Tenants whose collectors an isolate remembers. */
const MAX_TENANTS = 10_000;
/** How long it remembers that a tenant has none, ms. */
const NONE_MS = 5_000;

/** What an isolate has read of a tenant's collector, and when. */
interface KnownCollector {
  share: number;
  isNone: boolean;
  /** Whether the last attempt to read it failed. */
  isFaulty: boolean;
  at: number;
}

/** Where tenants have their traces sent. */
export class TenantTelemetry {
  readonly #deps: TenantTelemetryDeps;
  /**
   * Opened collectors, as long as the row that they were opened from; null where it is unusable.
   */
  readonly #opened = new WeakMap<TelemetryRow, Collector | null>();
  readonly #known = new LruMap<string, KnownCollector>({ maxEntries: MAX_TENANTS });

  constructor(deps: TenantTelemetryDeps) {
    this.#deps = deps;
  }

  /**
   * Sets where a tenant's traces go. `created` says whether it had nothing set. Throws
   * `validation_error` for an address that nothing may be sent to, a header that cannot be set, and
   * a share of no collector's.
   */
  async put(tenantId: string, wanted: NewTelemetry): Promise<{ row: StoredTelemetry; created: boolean }> {
    const { otlp_endpoint = NO_ENDPOINT, sample = 0, content } = wanted;
    this.#checkEndpoint(wanted);
    const given = Object.entries(wanted.headers ?? {});
    const headers = Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
    const faulty = headerFault(headers);
    if (faulty) throw invalid([{ path: `headers.${faulty.name}`, message: faulty.message }]);
    const tenant = await this.#deps.tenants.find(tenantId);
    if (!tenant) throw notFound("tenant");
    const version = this.#deps.now();
    const place = placeOf({ tenant_id: tenantId, version });
    const put = await this.#deps.telemetry.put({
      tenant_id: tenantId,
      version,
      otlp_endpoint,
      headers: await this.#deps.vault.seal(tenant.wrapped_data_key, tenantId, place, JSON.stringify(headers)),
      header_names: Object.keys(headers).toSorted(),
      sample,
      content,
      created_at: version,
      updated_at: version,
    });
    await this.#refresh(tenantId);
    return put;
  }

  #checkEndpoint({ otlp_endpoint, headers, sample }: NewTelemetry): void {
    if (otlp_endpoint !== undefined) {
      const fault = webhookUrlFault(otlp_endpoint, this.#deps.allowedOrigins);
      if (fault !== null) throw invalid([{ path: "otlp_endpoint", message: fault }]);
      if (sample === undefined) throw invalid([{ path: "sample", message: "is required with an `otlp_endpoint`" }]);
      return;
    }
    const useless = Object.entries({ headers, sample }).filter(([, given]) => given !== undefined);
    const message = "is for an `otlp_endpoint`, and there is none";
    if (useless.length > 0) throw invalid(useless.map(([path]) => ({ path, message })));
  }

  /** Throws `not_found` where the tenant has set nothing. */
  async get(tenantId: string): Promise<StoredTelemetry> {
    const row = await this.#deps.telemetry.find(tenantId);
    if (!row) throw notFound("telemetry");
    return row;
  }

  /** Throws `not_found` where the tenant has set nothing. */
  async delete(tenantId: string): Promise<void> {
    if (!(await this.#deps.telemetry.delete(tenantId))) throw notFound("telemetry");
    await this.#refresh(tenantId);
  }

  /**
   * A tenant's collector, from its record; null where it has none that anything may be sent to, or
   * where that cannot be read or opened now, which is reported once until it can. Never throws.
   */
  async collectorOf(tenantId: string): Promise<Collector | null> {
    try {
      return await this.#read(tenantId);
    } catch (error) {
      const known = this.#known.get(tenantId);
      if (!known?.isFaulty) this.#deps.onFault("collector_unreadable", error, { tenant_id: tenantId });
      this.#known.set(tenantId, { share: known?.share ?? 0, isNone: false, isFaulty: true, at: this.#deps.now() });
      return null;
    }
  }

  /** The share of traces that a tenant's collector gets, as far as this isolate has read it. */
  shareOf(tenantId: string): number {
    return this.#known.get(tenantId)?.share ?? 0;
  }

  /** False where this isolate has just read that the tenant has no collector. */
  mayHaveCollector(tenantId: string): boolean {
    const known = this.#known.get(tenantId);
    return !known?.isNone || this.#deps.now() - known.at >= NONE_MS;
  }

  async #read(tenantId: string): Promise<Collector | null> {
    const record = await this.#deps.tenantRecords.readWithTelemetry(tenantId);
    const row = record?.telemetry ?? null;
    const opened = record && row ? await this.#open(record.wrapped_data_key, row) : null;
    const share = row?.sample ?? 0;
    const isNone = row === null || row.otlp_endpoint === NO_ENDPOINT;
    this.#known.set(tenantId, { share, isNone, isFaulty: false, at: this.#deps.now() });
    return opened;
  }

  async #refresh(tenantId: string): Promise<void> {
    await this.#deps.tenantRecords.refresh(tenantId);
    this.#known.delete(tenantId);
  }

  async #open(wrappedKey: string, row: TelemetryRow): Promise<Collector | null> {
    const known = this.#opened.get(row);
    if (known !== undefined) return known;
    const { tenant_id, otlp_endpoint, sample, content } = row;
    let opened: Collector | null = null;
    // The rules may have changed since it was stored.
    if (webhookUrlFault(otlp_endpoint, this.#deps.allowedOrigins) === null) {
      const text = await this.#deps.vault.open(wrappedKey, tenant_id, placeOf(row), row.headers);
      const headers = JSON.parse(text) as Record<string, string>;
      opened = { id: tenant_id, url: tracesUrl(otlp_endpoint), headers, sample, content };
    }
    this.#opened.set(row, opened);
    return opened;
  }
}

/** Ties a ciphertext to its row. */
function placeOf({ tenant_id, version }: Pick<TelemetryRow, "tenant_id" | "version">): string {
  return `telemetry|${tenant_id}|${version}`;
}
