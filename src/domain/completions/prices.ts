import { calcPrice } from "@pydantic/genai-prices";
import type { ProviderName, Usage } from "./completion.ts";
import { NEWER, NEWER_TABLE } from "./newer-prices.ts";

/**
 * The bundled price table: package, version and its day of publication. A test compares it with the
 * installed package. The table never fetches.
 */
export const PRICE_TABLE = "@pydantic/genai-prices@0.1.8 (2026-09-23)";

/** The cost of a call in whole nano-dollars (1e-9 USD), and the table that priced it. */
export interface Price {
  cost_nanousd: number;
  table: string;
}

/**
 * A minor version after the matched id: the price of `claude-sonnet-5` does not apply to
 * `claude-sonnet-5-7`.
 */
const OTHER_VERSION = /^-\d{1,2}(?!\d)/;

/**
 * The cost of a call at list price, or null for a model without a known price. Cached tokens and
 * cache writes have their own rates (a write has the five-minute rate), and long prompts have the
 * rate of their tier. `at` is the time of the call, for prices that changed on a day; without it
 * the library reads the clock. Impossible counts (negative, more cached than sent) are cut to
 * possible ones.
 */
export function priceOf(provider: ProviderName, model: string, usage: Usage, at?: Date): Price | null {
  const counts = billable(usage);
  const timestamp = at === undefined ? {} : { timestamp: at };
  const listed = calcPrice(counts, model, { providerId: provider, ...timestamp });
  if (listed && !OTHER_VERSION.test(afterId(model, listed.model.id))) {
    return { cost_nanousd: nanodollars(listed.total_price), table: PRICE_TABLE };
  }
  const newer = provider === NEWER.id ? calcPrice(counts, model, { provider: NEWER }) : null;
  return newer && { cost_nanousd: nanodollars(newer.total_price), table: NEWER_TABLE };
}

/**
 * The cost of a call through a provider's batch API: half the list price, in whole nano-dollars,
 * halves rounded up.
 * Sources: developers.openai.com/api/docs/guides/batch ("50% lower costs"),
 * platform.claude.com/docs/en/build-with-claude/batch-processing ("50% of the standard API prices",
 * including reads and writes of the cache).
 */
export function batchCost(nanousd: number): number {
  return Math.round(nanousd / 2);
}

function billable(usage: Usage): Record<string, number> {
  const input = count(usage.prompt_tokens);
  const cached = Math.min(count(usage.cached_tokens), input);
  const written = Math.min(count(usage.cache_write_tokens), input - cached);
  return {
    input_tokens: input,
    output_tokens: count(usage.completion_tokens),
    cache_read_tokens: cached,
    cache_write_tokens: written,
  };
}

function count(tokens: number | undefined): number {
  return tokens !== undefined && Number.isFinite(tokens) && tokens > 0 ? tokens : 0;
}

function nanodollars(dollars: number): number {
  return Math.round(dollars * 1e9);
}

function afterId(name: string, id: string): string {
  return name.startsWith(id) ? name.slice(id.length) : "";
}
