import { type BuiltInProvider, isBuiltIn, type ProviderName } from "./completion.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { newerRates } from "./newer-prices.ts";
import LISTED from "./price-list.json" with { type: "json" };
import type { RateCard, RateStep } from "./rates.ts";

/**
 * The price table: package, version and its day of publication. `scripts/cut-prices.ts` cuts it to
 * what is read here; a test compares both with the installed package. The table never fetches.
 */
export const PRICE_TABLE = "@pydantic/genai-prices@0.1.8 (2026-09-23)";

/**
 * A model of the table. The first of its provider's models that one of `names` fits has its price.
 */
export interface ListedModel {
  id: string;
  names: NamePattern[];
  prices: ListedPrice[];
}

/** What a model's name in lower case is, or has in it. */
export type NamePattern =
  { equals: string } | { starts_with: string } | { ends_with: string } | { contains: string } | { regex: string };

/**
 * What a model costs, from a day on (`YYYY-MM-DD`) where it is not the first price. The last that
 * has begun applies. Without steps the model is not priced by its text tokens.
 */
export interface ListedPrice {
  from?: string;
  steps: RateStep[];
}

const TABLE: Record<BuiltInProvider, ListedModel[]> = LISTED;

/** Prices change on a day, so not within an hour. */
const PRICE_MS = 3_600_000;
/** The price of each model that was looked up, in an hour. */
const known = new LruMap<string, RateCard | null>({ maxEntries: 1_000 });

/**
 * A minor version after the matched id, or a longer number: the price of `claude-sonnet-5` does not
 * apply to `claude-sonnet-5-7`, nor that of `claude-opus-4-1` to `claude-opus-4-10`.
 */
const OTHER_VERSION = /^(?:\d\d|.-\d{1,2}(?!\d))/;

/** A day in a model's name that the table writes with hyphens. */
const SHORT_DAY = /-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[-:]|$)/g;

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

function listedPrice(provider: BuiltInProvider, model: string, at: Date): RateCard | null {
  const name = model.toLowerCase().trim();
  const listed = findModel(TABLE[provider], name) ?? findModel(TABLE[provider], name.replace(SHORT_DAY, "-$1-$2-$3"));
  if (!listed || OTHER_VERSION.test(fromEndOf(listed.id, name))) return newerRates(provider, model);
  const hasBegun = ({ from }: ListedPrice) => from === undefined || at.getTime() >= Date.parse(from);
  const [first, ...others] = (listed.prices.findLast(hasBegun) ?? listed.prices[0])?.steps ?? [];
  return first ? { steps: [first, ...others], table: PRICE_TABLE } : null;
}

function findModel(models: readonly ListedModel[], name: string): ListedModel | undefined {
  return models.find(({ names }) => names.some((pattern) => fits(pattern, name)));
}

function fits(pattern: NamePattern, name: string): boolean {
  if ("equals" in pattern) return name === pattern.equals;
  if ("starts_with" in pattern) return name.startsWith(pattern.starts_with);
  if ("ends_with" in pattern) return name.endsWith(pattern.ends_with);
  if ("contains" in pattern) return name.includes(pattern.contains);
  return new RegExp(pattern.regex).test(name);
}

/** What follows a model's id in a name, behind the id's last character. */
function fromEndOf(id: string, name: string): string {
  return name.startsWith(id) ? name.slice(id.length - 1) : "";
}
