import { and, eq, isNotNull, isNull, lt, or, sql } from "drizzle-orm";
import { readDated } from "../read-scope.ts";
import { apiKeys, providerKeys, tenantPrices, tenants, tenantTelemetry, upstreams } from "../schema.ts";
import type { Shards } from "../shards.ts";
import type { ProviderKeyRow } from "./provider-keys.ts";
import type { TenantPriceRow } from "./tenant-prices.ts";
import type { TelemetryRow } from "./telemetry.ts";
import type { ApiKeyRow, TenantRow } from "./tenants.ts";
import type { UpstreamRow } from "./upstreams.ts";

/** What the tenant's shard knows of a tenant, at one moment. */
export interface TenantRows {
  tenant: TenantRow;
  provider_keys: ProviderKeyRow[];
  prices: TenantPriceRow[];
  upstreams: UpstreamRow[];
  /** The API keys that have a budget of their own and are not revoked. Some may have expired. */
  budgeted_keys: Pick<ApiKeyRow, "id" | "daily_budget_usd" | "monthly_budget_usd" | "expires_at">[];
  telemetry: TelemetryRow | null;
}

/**
 * The rows that a tenant's executions need, and their epoch, on the tenant's shard. They are read
 * from its primary, whatever the work under way allows: copies are kept by their epochs, and
 * budgets are told to their authority.
 */
export class TenantRecordRepository {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /** Reads all rows in one transaction, so that they are those of the epoch. */
  async load(tenantId: string): Promise<TenantRows | undefined> {
    return (await readDated(async () => this.#loadNow(tenantId), "primary")).value;
  }

  async #loadNow(tenantId: string): Promise<TenantRows | undefined> {
    const db = this.#shards.of(tenantId);
    const { id, daily_budget_usd, monthly_budget_usd, expires_at, tenant_id, revoked_at } = apiKeys;
    const hasBudget = or(isNotNull(daily_budget_usd), isNotNull(monthly_budget_usd));
    const [[tenant], ofProviders, prices, ofUpstreams, budgeted_keys, [telemetry = null]] = await db.batch([
      db.select().from(tenants).where(eq(tenants.id, tenantId)),
      db.select().from(providerKeys).where(eq(providerKeys.tenant_id, tenantId)).orderBy(providerKeys.name),
      db.select().from(tenantPrices).where(eq(tenantPrices.tenant_id, tenantId)),
      db.select().from(upstreams).where(eq(upstreams.tenant_id, tenantId)),
      db
        .select({ id, daily_budget_usd, monthly_budget_usd, expires_at })
        .from(apiKeys)
        .where(and(eq(tenant_id, tenantId), isNull(revoked_at), hasBudget)),
      db.select().from(tenantTelemetry).where(eq(tenantTelemetry.tenant_id, tenantId)),
    ]);
    return tenant && { tenant, provider_keys: ofProviders, prices, upstreams: ofUpstreams, budgeted_keys, telemetry };
  }

  /** Which of these keys of a tenant were revoked or expired before a time, Unix ms. */
  async endedBefore(tenantId: string, keyIds: readonly string[], before: number): Promise<string[]> {
    const { id, tenant_id, revoked_at, expires_at } = apiKeys;
    // One value for all ids: a statement of D1 takes a hundred at most.
    const isOne = sql`${id} in (select value from json_each(${JSON.stringify(keyIds)}))`;
    const hasEnded = or(lt(revoked_at, before), lt(expires_at, before));
    const rows = await this.#shards
      .of(tenantId)
      .select({ id })
      .from(apiKeys)
      .where(and(eq(tenant_id, tenantId), isOne, hasEnded));
    return rows.map((row) => row.id);
  }

  /** The tenant's present epoch: one row. */
  async epoch(tenantId: string): Promise<number | undefined> {
    const { epoch, id } = tenants;
    const row = async () => this.#shards.of(tenantId).select({ epoch }).from(tenants).where(eq(id, tenantId)).get();
    return (await readDated(row, "primary")).value?.epoch;
  }

  /** Begins an epoch, for a change that no row shows. The other changes do so by triggers. */
  async raiseEpoch(tenantId: string): Promise<void> {
    const next = sql`max(${tenants.epoch} + 1, cast(unixepoch('subsec') * 1000 as integer))`;
    await this.#shards.of(tenantId).update(tenants).set({ epoch: next }).where(eq(tenants.id, tenantId));
  }
}
