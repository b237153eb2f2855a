import type { Rates } from "../../domain/completions/rates.ts";
import type { OwnPrices, TenantPrice } from "../../domain/completions/tenant-price.ts";
import type { TenantPriceRow } from "../../storage/tenants/tenant-prices.ts";

/** A tenant's prices out of their rows, by `<provider>/<model>`. */
export function ownPricesOf(rows: readonly TenantPriceRow[]): OwnPrices {
  return Object.fromEntries(rows.map((row) => [`${row.provider}/${row.model}`, priceOfRow(row)]));
}

/** A tenant's price out of its row. A rate that is null was not given. */
export function priceOfRow(row: TenantPriceRow): TenantPrice {
  const { input, output, cached_input, cache_write_5m, cache_write_1h, updated_at } = row;
  const optional: Partial<Rates> = {
    ...(cached_input !== null && { cached_input }),
    ...(cache_write_5m !== null && { cache_write_5m }),
    ...(cache_write_1h !== null && { cache_write_1h }),
  };
  return { input, output, ...optional, updated_at };
}
