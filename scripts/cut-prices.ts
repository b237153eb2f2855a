/**
 * `npm run prices:generate`: the part of the package's price table that the Worker reads, as
 * `src/domain/completions/price-list.json`: two providers and the kinds of tokens that are billed,
 * 25 of 470 KiB. Fails on what the Worker would not understand.
 */
import {
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
  type TieredPrices,
} from "@pydantic/genai-prices";
import type { ListedModel, ListedPrice, NamePattern } from "../src/domain/completions/price-table.ts";
import type { Rates, RateStep } from "../src/domain/completions/rates.ts";

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

const lines = ["anthropic", "openai"].map((providerId) => {
  const models = findProvider({ providerId })?.models ?? [];
  return `"${providerId}": [\n${models.map((model) => JSON.stringify(cutModel(model))).join(",\n")}\n]`;
});
console.log(`{\n${lines.join(",\n")}\n}`);

/** Embeddings have no output, so their models have no price for it. */
function cutModel({ id, match, prices }: ModelInfo): ListedModel {
  const dated = Array.isArray(prices) ? prices : [{ prices }];
  return {
    id,
    names: patternsOf(match),
    prices: dated.map(({ constraint, prices: rates }): ListedPrice => {
      const priced = id.includes("embedding") ? { output_mtok: 0, ...rates } : rates;
      if (constraint === undefined) return { steps: stepsOf(priced) };
      if (constraint.type !== "start_date") throw new Error(`${id} has a price for a time of the day`);
      return { from: constraint.start_date, steps: stepsOf(priced) };
    }),
  };
}

function patternsOf(match: MatchLogic): NamePattern[] {
  if ("or" in match) return match.or.flatMap(patternsOf);
  if ("and" in match) throw new Error(`no single pattern: ${JSON.stringify(match)}`);
  // The package compares names in lower case, but for regular expressions.
  const lower = ([kind, text]: [string, string]) => ({ [kind]: kind === "regex" ? text : text.toLowerCase() });
  return Object.entries(match).map((pattern) => lower(pattern) as NamePattern);
}

/** The rates by the length of the prompt; none for a model that is not priced by its text tokens. */
function stepsOf(prices: ModelPrice): RateStep[] {
  const starts = Object.values(prices).flatMap((price) => (isTiered(price) ? price.tiers : []));
  const lengths = [0, ...new Set(starts.map(({ start }) => start))].toSorted((a, b) => a - b);
  const steps = lengths.flatMap((above) => {
    const rates = ratesAbove(prices, above);
    return rates ? [{ above, rates }] : [];
  });
  return steps[0]?.above === 0 ? steps : [];
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
