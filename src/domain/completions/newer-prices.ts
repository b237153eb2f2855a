import type { ProviderName } from "./completion.ts";
import { type RateCard, type Rates, undated } from "./rates.ts";

/** A model that is newer than the price table, with its rates and the page that states them. */
export interface NewerModel extends RateCard {
  provider: ProviderName;
  id: string;
}

const ANTHROPIC = "platform.claude.com/docs/en";
const OPENAI = "developers.openai.com/api/docs/models";

/**
 * Models that are newer than the price table. A test fails as soon as the table knows one of them;
 * remove that model then. The date of a table is the day from which its rates hold.
 *
 * The providers' pages were read on 2026-11-26 in excerpts; those of gpt-6.1-terra and
 * claude-sonnet-5-5 in translation. That of claude-haiku-5-5 was read on 2026-11-24. The page of
 * gpt-6.1-sol, the row of claude-fable-5-2, and the price of reads of claude-sonnet-5-5 since
 * 2026-10-07 ($0.20 before) are from two quotations each by others that agree. Anthropic's pricing
 * page says that a write for an hour costs twice the input. claude-mythos-5-2, and writes of
 * gpt-6.1-sol that are kept for 12 hours, have no price here, because no page with one was found.
 */
export const NEWER: readonly NewerModel[] = [
  {
    ...anthropic("claude-haiku-5-5", "models/haiku-5-5/overview (2026-10-07)"),
    steps: [
      { above: 0, rates: haiku(1) },
      { above: 100_000, rates: haiku(5) },
    ],
  },
  {
    ...anthropic("claude-sonnet-5-5", "about-claude/pricing (2026-10-07)"),
    steps: flat({ input: 2, cached_input: 0.1, cache_write_5m: 2.5, cache_write_1h: 4, output: 10 }),
  },
  {
    ...anthropic("claude-fable-5-2", "about-claude/pricing (2026-11-09)"),
    steps: flat({ input: 8, cached_input: 0.2, cache_write_5m: 10, cache_write_1h: 16, output: 40 }),
  },
  {
    ...anthropic("claude-mythos-5-1", "about-claude/pricing (2026-11-26)"),
    steps: flat({ input: 10, cached_input: 0.25, cache_write_5m: 12.5, cache_write_1h: 20, output: 50 }),
  },
  {
    ...anthropic("claude-mythos-5", "about-claude/pricing (2026-11-26)"),
    steps: flat({ input: 10, cached_input: 1, cache_write_5m: 12.5, cache_write_1h: 20, output: 50 }),
  },
  openai("gpt-6.1-sol", "2026-09-29", { input: 2, cached_input: 0.1, cache_write_5m: 2.5, output: 10 }),
  openai("gpt-6.1-terra", "2026-10-26", {
    input: 1,
    cached_input: 0.05,
    cache_write_5m: 1.25,
    cache_write_1h: 2.5,
    output: 5,
  }),
  openai("gpt-6.2-sol", "2026-11-26", {
    input: 2,
    cached_input: 0.1,
    cache_write_5m: 2.5,
    cache_write_1h: 5,
    output: 10,
  }),
];

/** The rates of a newer model by its id, or by the id of one of its dated snapshots. */
export function newerRates(provider: ProviderName, model: string): NewerModel | null {
  const id = undated(model);
  return NEWER.find((each) => each.provider === provider && each.id === id) ?? null;
}

function anthropic(id: string, page: string) {
  return { provider: "anthropic" as const, id, table: `${ANTHROPIC}/${page}` };
}

/** OpenAI doubles input and cache, and takes half as much again for output, above 272K tokens. */
function openai(id: string, date: string, rates: Rates): NewerModel {
  const inputs = Object.entries(rates).map(([kind, rate]) => [kind, rate * 2]);
  const long: Rates = { ...rates, ...Object.fromEntries(inputs), output: rates.output * 1.5 };
  const steps: NewerModel["steps"] = [
    { above: 0, rates },
    { above: 272_000, rates: long },
  ];
  return { provider: "openai", id, steps, table: `${OPENAI}/${id} (${date})` };
}

function flat(rates: Rates): NewerModel["steps"] {
  return [{ above: 0, rates }];
}

function haiku(times: number): Rates {
  return {
    input: 0.1 * times,
    cached_input: 0.01 * times,
    cache_write_5m: 0.125 * times,
    cache_write_1h: 0.2 * times,
    output: 0.5 * times,
  };
}
