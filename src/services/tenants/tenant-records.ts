import type { RecordCache, Staleness } from "../../cache/records.ts";
import type { OwnPrices } from "../../domain/completions/tenant-price.ts";
import type { Clock } from "../../lib/clock.ts";
import { withTimeout } from "../../lib/deadline.ts";
import { LruMap } from "../../lib/lru-map.ts";
import type { ProviderKeyRow } from "../../storage/tenants/provider-keys.ts";
import type { TelemetryRow } from "../../storage/tenants/telemetry.ts";
import type { TenantRecordRepository, TenantRows } from "../../storage/tenants/tenant-records.ts";
import type { UpstreamRow } from "../../storage/tenants/upstreams.ts";
import { ownPricesOf } from "./own-prices.ts";

/**
 * What the executions of a tenant need to know of it, as one record. Provider keys are encrypted.
 * A copy is never changed: each change of the tenant begins an epoch, and has a record of its own.
 */
export interface TenantRecord {
  /** When its rows were read, in Unix ms. */
  read_at: number;
  epoch: number;
  wrapped_data_key: string;
  provider_keys: ProviderKeyRow[];
  prices: OwnPrices;
  /** With encrypted headers. Absent in records that versions without upstreams wrote. */
  upstreams?: UpstreamRow[];
  /** The scopes that have a budget. */
  budget_scopes: string[];
  /**
   * Where its traces go, with encrypted headers; null for nowhere. Absent in records that versions
   * without traces wrote.
   */
  telemetry?: TelemetryRow | null;
}

/** The dependencies of {@link TenantRecords}. */
export interface TenantRecordsDeps extends Clock {
  repository: Pick<TenantRecordRepository, "load" | "epoch" | "raiseEpoch">;
  records: Pick<RecordCache, "read" | "write">;
  /** How old the knowledge of a tenant's epoch may be. */
  staleness: Staleness;
  /** The scopes that have a budget, asked of their authority. */
  budgetScopes(tenantId: string, rows: TenantRows): Promise<string[]>;
}

/**
 * An epoch, and when the database said so, in Unix ms. After `asked_in_vain_at` an older epoch
 * stands in for a moment without another question.
 */
interface KnownEpoch {
  epoch: number;
  at: number;
  asked_in_vain_at?: number;
}

/**
 * The record of an epoch does not change, so its copies are good for ever. An hour later it is read
 * anew, behind a response, in case a change did not begin an epoch.
 */
const RECORD: Staleness = { freshMs: 3_600_000, boundMs: Infinity, lastGoodMs: Infinity };
/** Tenants whose epochs an isolate remembers. A forgotten one costs one query. */
const MAX_EPOCHS = 10_000;
/** How long the database may take to tell an epoch where an older one can stand in, in ms. */
const EPOCH_TIMEOUT_MS = 2_000;
/**
 * How long it is not asked again after that, in ms: an execution reads the record several times.
 */
const PAUSE_MS = 1_000;

/**
 * The records of tenants. Isolates know the epochs of tenants from the copies of their API keys,
 * which each request reads, and which are never older than the bound on staleness. So a request
 * whose place has a copy of the tenant's record asks no database for it.
 */
export class TenantRecords {
  readonly #deps: TenantRecordsDeps;
  readonly #epochs = new LruMap<string, KnownEpoch>({ maxEntries: MAX_EPOCHS });
  /** Tenants that have content recorded, by their records as they were last read here. */
  readonly #keepContent = new LruMap<string, true>({ maxEntries: MAX_EPOCHS });

  constructor(deps: TenantRecordsDeps) {
    this.#deps = deps;
  }

  /** Notes a tenant's epoch, as the database told it at `at`. Epochs only grow. */
  noteEpoch(tenantId: string, { epoch, at }: KnownEpoch): void {
    const known = this.#epochs.get(tenantId);
    if (known && (known.epoch > epoch || (known.epoch === epoch && known.at >= at))) return;
    this.#epochs.set(tenantId, { epoch, at });
  }

  /** A tenant's record, out of an epoch that is no older than the bound. Null without a tenant. */
  async read(tenantId: string): Promise<TenantRecord | null> {
    return this.#read(tenantId, false);
  }

  async #read(tenantId: string, revalidate: boolean): Promise<TenantRecord | null> {
    const epoch = await this.#epochOf(tenantId);
    const { value } = await this.#deps.records.read<TenantRecord>(recordKey(tenantId, epoch), {
      staleness: RECORD,
      revalidate,
      load: async () => this.load(tenantId),
    });
    if (value?.telemetry?.content) this.#keepContent.set(tenantId, true);
    else this.#keepContent.delete(tenantId);
    return value;
  }

  /**
   * Whether a tenant has content recorded, by its record as it was last read here: each execution
   * reads it on its way.
   */
  keepsContent(tenantId: string): boolean {
    return this.#keepContent.get(tenantId) === true;
  }

  /** Asks the database for the tenant's epoch, whatever is known of it here. */
  async renewEpoch(tenantId: string): Promise<void> {
    const at = this.#deps.now();
    this.noteEpoch(tenantId, { epoch: (await this.#deps.repository.epoch(tenantId)) ?? 0, at });
  }

  /**
   * A tenant's record with its upstreams. A version without them may have written the copies of
   * this epoch, during a deploy: then the database is asked.
   */
  async readWithUpstreams(tenantId: string): Promise<TenantRecord | null> {
    return this.#readWith(tenantId, "upstreams");
  }

  /** The same with where its traces go. */
  async readWithTelemetry(tenantId: string): Promise<TenantRecord | null> {
    return this.#readWith(tenantId, "telemetry");
  }

  async #readWith(tenantId: string, part: "upstreams" | "telemetry"): Promise<TenantRecord | null> {
    const known = await this.read(tenantId);
    return known && known[part] === undefined ? this.#read(tenantId, true) : known;
  }

  /**
   * Makes a change of a tenant's rows known here at once, and elsewhere within the staleness.
   * Returns the epoch that it began; undefined without a tenant.
   */
  async refresh(tenantId: string): Promise<number | undefined> {
    const record = await this.load(tenantId);
    if (record) await this.#deps.records.write(recordKey(tenantId, record.epoch), record);
    return record?.epoch;
  }

  /** The same for a change that no row shows. */
  async refreshByEpoch(tenantId: string): Promise<void> {
    await this.#deps.repository.raiseEpoch(tenantId);
    await this.refresh(tenantId);
  }

  /**
   * Reads a tenant's rows, and makes the budgets of its keys known to their authority. The budgets
   * are asked last, so that a change in them before this epoch is seen.
   */
  async load(tenantId: string): Promise<TenantRecord | undefined> {
    const read_at = this.#deps.now();
    const rows = await this.#deps.repository.load(tenantId);
    if (!rows) return undefined;
    const { epoch, wrapped_data_key } = rows.tenant;
    this.noteEpoch(tenantId, { epoch, at: read_at });
    return {
      read_at,
      epoch,
      wrapped_data_key,
      provider_keys: rows.provider_keys,
      prices: ownPricesOf(rows.prices),
      upstreams: rows.upstreams,
      budget_scopes: await this.#deps.budgetScopes(tenantId, rows),
      telemetry: rows.telemetry,
    };
  }

  async #epochOf(tenantId: string): Promise<number> {
    const { repository, staleness } = this.#deps;
    const at = this.#deps.now();
    const known = this.#epochs.get(tenantId);
    if (known && at - known.at <= staleness.boundMs) return known.epoch;
    const canStandIn = known && at - known.at <= staleness.lastGoodMs;
    if (canStandIn && at - (known.asked_in_vain_at ?? -Infinity) < PAUSE_MS) return known.epoch;
    const late = () => new Error(`the shard took over ${EPOCH_TIMEOUT_MS} ms to tell an epoch`);
    const asked = repository.epoch(tenantId);
    try {
      const epoch = (await (canStandIn ? withTimeout(asked, EPOCH_TIMEOUT_MS, late) : asked)) ?? 0;
      this.noteEpoch(tenantId, { epoch, at });
      return epoch;
    } catch (error) {
      if (!canStandIn) throw error;
      this.#epochs.set(tenantId, { ...known, asked_in_vain_at: this.#deps.now() });
      return known.epoch;
    }
  }
}

function recordKey(tenantId: string, epoch: number): string {
  return `tenant/${tenantId}/${epoch}`;
}
