import type { ProviderName } from "./completion.ts";
import type { RateCard, Rates } from "./rates.ts";

/**
 * What a tenant pays for a model, in US dollars per million tokens. It comes before every table.
 * An absent rate is that of `input`.
 */
export interface TenantPrice extends Pick<
  Rates,
  "input" | "output" | "cached_input" | "cache_write_5m" | "cache_write_1h"
> {
  /** When the tenant set it, Unix ms. */
  updated_at: number;
}

/** The rates of a tenant's price; they hold for prompts of every length. */
export function rateCardOf({ updated_at, ...rates }: TenantPrice): RateCard {
  const { input, output } = rates;
  const all = { cached_input: input, cache_write_5m: input, cache_write_1h: input, ...rates };
  const audio = { audio_input: input, audio_output: output };
  const table = `tenant prices (${new Date(updated_at).toISOString().slice(0, 10)})`;
  return { steps: [{ above: 0, rates: { ...all, ...audio } }], table };
}

/** The prices of a tenant by `<provider>/<model>`, as the cache tiers hold them. */
export type OwnPrices = Readonly<Record<string, TenantPrice>>;

/**
 * What a tenant pays for a model by the name that is called; undefined where it is the list price.
 */
export function ownPrice(prices: OwnPrices, provider: ProviderName, model: string): TenantPrice | undefined {
  const name = `${provider}/${model}`;
  return Object.hasOwn(prices, name) ? prices[name] : undefined;
}

/**
 * The request that sets the price of a model, for whoever lacks one. A slash is part of the model.
 */
export function priceRequestOf({ provider, model }: { provider: ProviderName; model: string }): string {
  return `PUT /v1/prices/${provider}/${model.replaceAll("/", "%2F")}`;
}
