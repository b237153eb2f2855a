import { resolveModel } from "../../domain/completions/models.ts";
import { isBuiltIn, type ProviderName } from "../../domain/completions/completion.ts";
import { listPriceOf } from "../../domain/completions/price-table.ts";
import type { RateCard } from "../../domain/completions/rates.ts";
import { type OwnPrices, ownPrice, rateCardOf, type TenantPrice } from "../../domain/completions/tenant-price.ts";
import { parseUpstreamModel } from "../../domain/completions/upstream.ts";
import { AppError, invalid, notFound } from "../../domain/errors.ts";
import type { Clock } from "../../lib/clock.ts";
import type { TenantPriceRepository, TenantPriceRow } from "../../storage/tenants/tenant-prices.ts";
import { priceOfRow } from "./own-prices.ts";
import type { TenantRecords } from "./tenant-records.ts";
import type { Upstreams } from "./upstreams.ts";

/** A price from a tenant, in US dollars per million tokens. An absent rate is that of `input`. */
export type NewTenantPrice = Omit<TenantPrice, "updated_at">;

/** The price that applies to a model: the tenant's own, or that of a table. */
export interface AppliedPrice extends RateCard {
  provider: ProviderName;
  model: string;
  source: "tenant" | "list";
}

/** The dependencies of {@link TenantPrices}. */
export interface TenantPricesDeps extends Clock {
  prices: Pick<TenantPriceRepository, "put" | "list" | "delete">;
  tenantRecords: Pick<TenantRecords, "read" | "refresh">;
  upstreams: Pick<Upstreams, "requireProvider" | "upstreamsOf">;
}

/** The most prices of a tenant. They are a part of its record, which is read as a whole. */
export const MAX_TENANT_PRICES = 200;

/** What tenants pay for models where that is not the list price. */
export class TenantPrices {
  readonly #deps: TenantPricesDeps;

  constructor(deps: TenantPricesDeps) {
    this.#deps = deps;
  }

  /**
   * Stores or replaces the price of a model. `created` says whether it had none. Throws
   * `validation_error` for an unknown provider and for a name that no execution calls, and
   * `conflict` for too many prices.
   */
  async put(
    tenantId: string,
    provider: ProviderName,
    model: string,
    price: NewTenantPrice,
  ): Promise<{ price: AppliedPrice; created: boolean }> {
    await this.#deps.upstreams.requireProvider(tenantId, provider);
    const now = this.#deps.now();
    const { cached_input = null, cache_write_5m = null, cache_write_1h = null, input, output } = price;
    const rates = { input, output, cached_input, cache_write_5m, cache_write_1h };
    const name = calledName(provider, model);
    const row = { tenant_id: tenantId, provider, model: name, ...rates, created_at: now, updated_at: now };
    const put = await this.#deps.prices.put(row, MAX_TENANT_PRICES);
    if (!put) throw new AppError("conflict", `A tenant has at most ${MAX_TENANT_PRICES} prices.`);
    await this.#deps.tenantRecords.refresh(tenantId);
    return { price: ofTenant(put.row), created: put.created };
  }

  /** The tenant's own prices, by provider and model. */
  async list(tenantId: string): Promise<AppliedPrice[]> {
    return (await this.#deps.prices.list(tenantId)).map(ofTenant);
  }

  /** The price that applies to a model by its name; undefined where none is known. */
  async find(tenantId: string, name: string): Promise<AppliedPrice | undefined> {
    const called = await this.#resolve(tenantId, name);
    if (!called) throw invalid([{ path: "model", message: `\`${name}\` is not a model of a known provider` }]);
    const { provider, model } = called;
    const own = ownPrice(await this.pricesOf(tenantId), provider, model);
    if (own) return { provider, model, source: "tenant", ...rateCardOf(own) };
    const listed = listPriceOf(provider, model, new Date(this.#deps.now()));
    return listed ? { provider, model, source: "list", steps: listed.steps, table: listed.table } : undefined;
  }

  async #resolve(tenantId: string, name: string): Promise<{ provider: ProviderName; model: string } | null> {
    const named = parseUpstreamModel(name);
    if (!named) return resolveModel(name);
    const upstreams = await this.#deps.upstreams.upstreamsOf(tenantId);
    return upstreams.some((upstream) => upstream.name === named.provider) ? named : null;
  }

  /** Throws `not_found` if the tenant has no price for this model. */
  async delete(tenantId: string, provider: ProviderName, model: string): Promise<void> {
    const name = (isBuiltIn(provider) && resolveModel(`${provider}/${model}`)?.model) || model;
    if (!(await this.#deps.prices.delete(tenantId, provider, name))) throw notFound("price");
    await this.#deps.tenantRecords.refresh(tenantId);
  }

  /** The tenant's own prices for its executions, from its record. */
  async pricesOf(tenantId: string): Promise<OwnPrices> {
    return (await this.#deps.tenantRecords.read(tenantId))?.prices ?? {};
  }
}

/**
 * The id by which executions call a model. Throws for a retired name: its replacement is called.
 */
function calledName(provider: ProviderName, model: string): string {
  if (!isBuiltIn(provider)) return model;
  const called = resolveModel(`${provider}/${model}`);
  if (!called) throw invalid([{ path: "model", message: `\`${model}\` is not a model of ${provider}` }]);
  if (called.warning !== undefined) throw invalid([{ path: "model", message: called.warning }]);
  return called.model;
}

function ofTenant(row: TenantPriceRow): AppliedPrice {
  return { provider: row.provider, model: row.model, source: "tenant", ...rateCardOf(priceOfRow(row)) };
}
