import { isBuiltIn, type ProviderName } from "./completion.ts";
import { undated } from "./rates.ts";

/** The tier of a call whose response names none. */
export const STANDARD_TIER = "default";
/** The tier of a provider's batch API. */
export const BATCH_TIER = "batch";

/**
 * The share of the standard price in a provider's batch API.
 * Sources: developers.openai.com/api/docs/guides/batch ("50% lower costs"),
 * platform.claude.com/docs/en/build-with-claude/batch-processing ("50% of the standard API prices",
 * including reads and writes of the cache).
 */
const BATCH_SHARE = 0.5;

/** Models that OpenAI lists at twice their price in fast mode; gpt-5.5 is listed at 2.5 times. */
const OPENAI_FAST =
  /^gpt-(?:5|5\.1|5\.2|5\.4|5\.4-mini|5\.6-(?:sol|terra|luna)|6-(?:astra|sol|luna)|6\.1-(?:sol|terra)|6\.2-sol)$/;
/** Anthropic's models with a known price of fast mode: claude-opus-5-5 is $8 / $40 in it. */
const ANTHROPIC_FAST = /^claude-opus-5(?:-5)?$/;
/** Until then gpt-6.2-sol costs three times its price in ultrafast mode, afterwards six times. */
const ULTRAFAST_OFFER_ENDS = Date.UTC(2027, 2, 1);

/**
 * What the tokens of a call cost in the tier that really served it, as a multiple of the standard
 * price; null where no price of that tier is published. Those are the tiers that a contract pays
 * (`scale`, and Anthropic's `priority`), and models without a listed price in a tier. Sources, read
 * on 2026-11-26 in excerpts: openai.com/api-fast-mode (`priority` is the wire's name of fast mode),
 * developers.openai.com/api/docs/guides/flex-processing ("priced at Batch API rates"), the pages of
 * gpt-6.1-sol and gpt-6.2-sol there, and platform.claude.com/docs/en/build-with-claude/fast-mode.
 * That gpt-6-astra, gpt-6-sol, gpt-6-luna and claude-opus-5 cost twice as much in fast mode is from
 * third parties' lists only.
 */
export function tierFactor(provider: ProviderName, model: string, tier: string, at?: Date): number | null {
  if (tier === STANDARD_TIER) return 1;
  if (!isBuiltIn(provider)) return null;
  if (tier === BATCH_TIER) return BATCH_SHARE;
  const id = undated(model);
  if (provider === "anthropic") return tier === "fast" && ANTHROPIC_FAST.test(id) ? 2 : null;
  switch (tier) {
    case "flex":
      return BATCH_SHARE;
    case "priority":
    case "fast":
      return id === "gpt-5.5" ? 2.5 : OPENAI_FAST.test(id) ? 2 : null;
    case "ultrafast":
      return ultrafastFactor(id, at);
    default:
      return null;
  }
}

function ultrafastFactor(id: string, at?: Date): number | null {
  if (id === "gpt-6.1-sol") return 6;
  if (id !== "gpt-6.2-sol") return null;
  return at !== undefined && at.getTime() < ULTRAFAST_OFFER_ENDS ? 3 : 6;
}

/**
 * The multiple for a call that Anthropic kept within the United States (`inference_geo`), which
 * applies to every kind of token.
 * Source: platform.claude.com/docs/en/manage-claude/data-residency, read on 2026-11-26.
 */
export function geoFactor(geo: string | undefined): number {
  return geo === "us" ? 1.1 : 1;
}
