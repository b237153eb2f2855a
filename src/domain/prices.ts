import { calcPrice } from "@pydantic/genai-prices";
import type { ModelInfo, Provider } from "@pydantic/genai-prices";
import type { ProviderName, Usage } from "./completion.ts";

/** The bundled price table, by package and version; a test holds it to the installed package. It never fetches. */
export const PRICE_TABLE = "@pydantic/genai-prices@0.1.8";

/** The prices below, which the bundled table lacks, by the day on which they were looked up. */
export const PRICE_SUPPLEMENT = "pbt-edge@2026-11-24";

/** What a call cost: whole nano-dollars (1e-9 USD), and the table it was priced by. */
export interface Price {
  cost_nanousd: number;
  table: string;
}

/**
 * Current models that {@link PRICE_TABLE} does not know yet, in USD per million tokens. Above the tier's start the whole
 * request costs the higher rate. Sources: platform.claude.com/docs/en/about-claude/pricing (Sonnet 5.5 since 2026-10-07,
 * Haiku 5.5 up to and above a prompt of 100,000 tokens), developers.openai.com/api/docs/models/gpt-6.1-sol (272,000 tokens).
 */
const SUPPLEMENT: Record<ProviderName, Provider> = {
  anthropic: supplement("anthropic", [
    model("claude-sonnet-5-5", { input_mtok: 2, cache_write_mtok: 2.5, cache_read_mtok: 0.1, output_mtok: 10 }),
    model("claude-haiku-5-5", {
      input_mtok: { base: 0.1, tiers: [{ start: 100_000, price: 0.5 }] },
      cache_write_mtok: { base: 0.125, tiers: [{ start: 100_000, price: 0.625 }] },
      cache_read_mtok: { base: 0.01, tiers: [{ start: 100_000, price: 0.05 }] },
      output_mtok: { base: 0.5, tiers: [{ start: 100_000, price: 2.5 }] },
    }),
  ]),
  openai: supplement("openai", [
    model("gpt-6.1-sol", {
      input_mtok: { base: 2, tiers: [{ start: 272_000, price: 4 }] },
      cache_write_mtok: { base: 2.5, tiers: [{ start: 272_000, price: 5 }] },
      cache_read_mtok: { base: 0.1, tiers: [{ start: 272_000, price: 0.2 }] },
      output_mtok: { base: 10, tiers: [{ start: 272_000, price: 15 }] },
    }),
  ]),
};

/** A minor version after the matched id: `claude-sonnet-5` is no price for `claude-sonnet-5-7`. */
const OTHER_VERSION = /^-\d{1,2}(?!\d)/;

/**
 * The price of a call at list price: cached and cache-write tokens at their own rates (a write at the five-minute rate),
 * long prompts at the tier's. Null for a model without a known price. `at` is when the call was made, for prices that changed
 * on a day; absent, the library reads the clock. Counts that cannot be (negative, more cached than sent) are cut to what can.
 */
export function priceOf(provider: ProviderName, model: string, usage: Usage, at?: Date): Price | null {
  const counts = billable(usage);
  const timestamp = at === undefined ? {} : { timestamp: at };
  const own = calcPrice(counts, model, { provider: SUPPLEMENT[provider], ...timestamp });
  if (own) return { cost_nanousd: nanodollars(own.total_price), table: PRICE_SUPPLEMENT };
  const listed = calcPrice(counts, model, { providerId: provider, ...timestamp });
  if (!listed || OTHER_VERSION.test(afterId(model, listed.model.id))) return null;
  return { cost_nanousd: nanodollars(listed.total_price), table: PRICE_TABLE };
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

function supplement(id: ProviderName, models: ModelInfo[]): Provider {
  return { id, name: id, api_pattern: "^$", models };
}

function model(id: string, prices: ModelInfo["prices"]): ModelInfo {
  return { id, match: { or: [{ equals: id }, { starts_with: `${id}-20` }] }, prices };
}
