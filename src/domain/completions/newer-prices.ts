import type { Provider } from "@pydantic/genai-prices";

/**
 * Models that are newer than the price table, in the table's own form. A test fails as soon as the
 * table knows one of them; remove that model then. Claude Haiku 5.5 came out on 2026-10-07. A tier
 * applies to prompts of more tokens than its `start`.
 * Source: platform.claude.com/docs/en/models/haiku-5-5/overview ("Pricing").
 */
export const NEWER: Provider = {
  id: "anthropic",
  name: "Anthropic",
  api_pattern: "",
  models: [
    {
      id: "claude-haiku-5-5",
      match: { or: [{ equals: "claude-haiku-5-5" }, { regex: "^claude-haiku-5-5-\\d{8}$" }] },
      prices: {
        input_mtok: above100k(0.1, 0.5),
        cache_write_mtok: above100k(0.125, 0.625),
        cache_read_mtok: above100k(0.01, 0.05),
        output_mtok: above100k(0.5, 2.5),
      },
    },
  ],
};

/** The name of {@link NEWER} in the records of executions that it priced. */
export const NEWER_TABLE = "platform.claude.com/docs/en/models/haiku-5-5/overview (2026-10-07)";

function above100k(base: number, price: number): { base: number; tiers: { start: number; price: number }[] } {
  return { base, tiers: [{ start: 100_000, price }] };
}
