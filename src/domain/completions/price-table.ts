import { calcPrice, type ModelPrice, type TieredPrices } from "@pydantic/genai-prices";
import { isBuiltIn, type ProviderName } from "./completion.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { newerRates } from "./newer-prices.ts";
import type { RateCard, Rates } from "./rates.ts";

/**
 * The bundled price table: package, version and its day of publication. A test compares it with the
 * installed package. The table never fetches.
 */
export const PRICE_TABLE = "@pydantic/genai-prices@0.1.8 (2026-09-23)";

/** The package's name of each rate. */
const KEYS: Record<keyof Rates, string> = {
  input: "input_mtok",
  output: "output_mtok",
  cached_input: "cache_read_mtok",
  cache_write_5m: "cache_write_mtok",
  cache_write_1h: "cache_write_1h_mtok",
  audio_input: "input_audio_mtok",
  audio_output: "output_audio_mtok",
  image_input: "input_image_mtok",
};

/** Prices change on a day, so not within an hour. */
const PRICE_MS = 3_600_000;
/** The price of each model that was looked up, in an hour. */
const known = new LruMap<string, RateCard | null>({ maxEntries: 1_000 });

/**
 * A minor version after the matched id: the price of `claude-sonnet-5` does not apply to
 * `claude-sonnet-5-7`.
 */
const OTHER_VERSION = /^-\d{1,2}(?!\d)/;

/**
 * The list price of a model, from the table or from the providers' pages for newer models; null
 * where neither has it, as for every model of an upstream. `at` is the time of the call, for prices
 * that changed on a day: within one hour it is looked up once.
 */
export function listPriceOf(provider: ProviderName, model: string, at: Date = new Date()): RateCard | null {
  if (!isBuiltIn(provider)) return null;
  const key = `${provider}/${model}/${Math.floor(at.getTime() / PRICE_MS)}`;
  let card = known.get(key);
  if (card === undefined) known.set(key, (card = listedPrice(provider, model, at)));
  return card;
}

function listedPrice(provider: ProviderName, model: string, at: Date): RateCard | null {
  const listed = calcPrice({}, model, { providerId: provider, timestamp: at });
  if (!listed || OTHER_VERSION.test(afterId(model, listed.model.id))) return newerRates(provider, model);
  return toRateCard(listed.model_price);
}

function toRateCard(prices: ModelPrice): RateCard | null {
  const lengths = Object.values(prices).flatMap((price) => (isTiered(price) ? price.tiers : []));
  const starts = [...new Set(lengths.map(({ start }) => start))].toSorted((a, b) => a - b);
  const first = ratesAbove(prices, 0);
  if (!first) return null;
  const steps = starts.flatMap((above) => {
    const rates = ratesAbove(prices, above);
    return rates ? [{ above, rates }] : [];
  });
  return { steps: [{ above: 0, rates: first }, ...steps], table: PRICE_TABLE };
}

/** The rates just above a length; null for a model that is not priced by its text tokens. */
function ratesAbove(prices: ModelPrice, above: number): Rates | null {
  const known = Object.entries(KEYS).flatMap(([kind, key]) => {
    const price = prices[key];
    if (price === undefined) return [];
    const rate = isTiered(price) ? (price.tiers.findLast(({ start }) => above >= start)?.price ?? price.base) : price;
    return [[kind, rate]];
  });
  const rates = Object.fromEntries(known) as Partial<Rates>;
  const { input, output } = rates;
  return input === undefined || output === undefined ? null : { ...rates, input, output };
}

function isTiered(price: number | TieredPrices | undefined): price is TieredPrices {
  return typeof price === "object";
}

function afterId(name: string, id: string): string {
  return name.startsWith(id) ? name.slice(id.length) : "";
}
