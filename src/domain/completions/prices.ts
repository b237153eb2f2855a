import type { ProviderName, Usage } from "./completion.ts";
import { type CostKind, type CostLine, toNanousd } from "./cost-lines.ts";
import { listPriceOf } from "./price-table.ts";
import { type Rates, ratesFor } from "./rates.ts";
import { BATCH_TIER, geoFactor, STANDARD_TIER, tierFactor } from "./service-tiers.ts";
import { rateCardOf, type TenantPrice } from "./tenant-price.ts";

export { PRICE_TABLE } from "./price-table.ts";

/** The cost of a call in whole nano-dollars (1e-9 USD), which its lines add up to. */
export interface Price {
  cost_nanousd: number;
  lines: CostLine[];
  /** The price table, with its date. */
  table: string;
  /** The tier that served the call. */
  service_tier: string;
}

/**
 * When a call was made, for prices that change on a day, and what the tenant pays for its model.
 */
export interface PriceOptions {
  at?: Date;
  own?: TenantPrice;
}

/** A kind of cost that is counted in tokens. */
type TokenKind = Exclude<CostKind, "web_search">;

/**
 * US dollars for a search by the provider's own tool; no tier changes it.
 * Sources, read on 2026-11-26: platform.claude.com/docs/en/about-claude/pricing ("$10 per 1,000
 * searches"), developers.openai.com/api/docs/pricing ("$10 / 1k calls").
 */
const WEB_SEARCH_USD = 0.01;

/**
 * The cost of a call, by the kind of its tokens and the tier that served it: at the tenant's own
 * price, or else at list price; null where there is none. A call is unpriced, too, where it used
 * what has no known rate: tokens of audio, the longer writes of a cache, a tier, or a tool of the
 * provider's other than its search. Impossible
 * counts (negative, more cached than sent) are cut to possible ones.
 */
export function priceOf(
  provider: ProviderName,
  model: string,
  usage: Usage,
  { at, own }: PriceOptions = {},
): Price | null {
  const card = own ? rateCardOf(own) : listPriceOf(provider, model, at);
  const service_tier = usage.service_tier ?? STANDARD_TIER;
  // The tenant's price is what a contract pays, in a tier without a listed price, too.
  const tier = tierFactor(provider, model, service_tier, at) ?? (own ? 1 : null);
  if (!card || tier === null || count(usage.unpriced_uses) > 0) return null;
  const rates = ratesFor(card, count(usage.prompt_tokens));
  const lines = linesOf(usage, rates, tier * geoFactor(usage.inference_geo));
  if (!lines) return null;
  const cost_nanousd = lines.reduce((sum, { nanousd }) => sum + nanousd, 0);
  return { cost_nanousd, lines, table: card.table, service_tier };
}

/** What a call asks for that may make it dearer. */
export interface WorstCaseOptions extends PriceOptions {
  isBatch?: boolean;
  asked?: Pick<Usage, "service_tier" | "inference_geo"> | undefined;
  /** Whether its prompt may be written to the provider's cache for the longer time. */
  longerWrites?: boolean;
}

/**
 * The most that a call can cost with these numbers of tokens: that it writes all of its prompt to
 * the provider's cache may cost more than that it does not.
 */
export function worstPriceOf(
  provider: ProviderName,
  model: string,
  { prompt_tokens, completion_tokens }: Pick<Usage, "prompt_tokens" | "completion_tokens">,
  options: WorstCaseOptions = {},
): Price | null {
  const total_tokens = prompt_tokens + completion_tokens;
  const service_tier = options.isBatch ? BATCH_TIER : STANDARD_TIER;
  const usage = { prompt_tokens, completion_tokens, total_tokens, service_tier };
  const plain = priceOf(provider, model, usage, options);
  const { asked, longerWrites = false } = options;
  const written = { cache_write_tokens: prompt_tokens };
  const longer = longerWrites ? [{ ...written, cache_write_1h_tokens: prompt_tokens }] : [];
  // What was asked for may cost less than what is billed, and a tier may have no price of its own.
  const usages = asked ? [usage, { ...usage, ...asked }, { ...usage, inference_geo: asked.inference_geo }] : [usage];
  const dearer = usages
    .flatMap((each) => [{}, written, ...longer].map((writes) => ({ ...each, ...writes })))
    .map((each) => priceOf(provider, model, each, options));
  const dearest = (most: Price | null, each: Price | null) =>
    most && each && each.cost_nanousd > most.cost_nanousd ? each : most;
  return dearer.reduce(dearest, plain);
}

/** The lines of a call whose tokens cost `factor` times the rates; null without a rate. */
function linesOf(usage: Usage, rates: Rates, factor: number): CostLine[] | null {
  const lines: CostLine[] = [];
  for (const [kind, tokens] of tokensByKind(usage)) {
    if (tokens === 0) continue;
    const rate = rateOf(rates, kind);
    if (rate === undefined) return null;
    lines.push({ kind, tokens, nanousd: toNanousd(tokens, rate * factor) });
  }
  const uses = count(usage.web_searches);
  if (uses > 0) lines.push({ kind: "web_search", tokens: 0, uses, nanousd: Math.round(uses * WEB_SEARCH_USD * 1e9) });
  return lines;
}

/**
 * Kinds that cost as input where they have no rate: older models write to their cache for nothing.
 */
const AS_INPUT: ReadonlySet<string> = new Set(["cached_input", "cache_write_5m", "image_input"]);

/** The rate of a kind, which may be that of another; undefined where it is not known. */
function rateOf(rates: Rates, kind: TokenKind): number | undefined {
  if (kind === "reasoning") return rates.output;
  return rates[kind] ?? (AS_INPUT.has(kind) ? rates.input : undefined);
}

/**
 * Splits the tokens of a call into kinds, each token into one; the parts of a sum never exceed it.
 */
export function tokensByKind(usage: Usage): [kind: TokenKind, tokens: number][] {
  let input = count(usage.prompt_tokens);
  let output = count(usage.completion_tokens);
  const fromInput = (tokens: number | undefined) => {
    const taken = Math.min(count(tokens), input);
    input -= taken;
    return taken;
  };
  const fromOutput = (tokens: number | undefined) => {
    const taken = Math.min(count(tokens), output);
    output -= taken;
    return taken;
  };
  const cached = fromInput(usage.cached_tokens);
  const written = fromInput(usage.cache_write_tokens);
  const longer = Math.min(count(usage.cache_write_1h_tokens), written);
  const audioIn = fromInput(usage.audio_input_tokens);
  const imageIn = fromInput(usage.image_input_tokens);
  const audioOut = fromOutput(usage.audio_output_tokens);
  const reasoning = fromOutput(usage.reasoning_tokens);
  return [
    ["input", input],
    ["cached_input", cached],
    ["cache_write_5m", written - longer],
    ["cache_write_1h", longer],
    ["audio_input", audioIn],
    ["image_input", imageIn],
    ["output", output],
    ["reasoning", reasoning],
    ["audio_output", audioOut],
  ];
}

function count(tokens: number | undefined): number {
  return tokens !== undefined && Number.isFinite(tokens) && tokens > 0 ? tokens : 0;
}
