import type { Usage } from "./completion.ts";
import { addLines, type CostLine } from "./cost-lines.ts";
import type { Price } from "./prices.ts";

/** Tokens by kind, beside the sums of prompt and completion; a kind that was not used is absent. */
export interface TokenKinds {
  cache_write_tokens?: number;
  /** The part of `cache_write_tokens` that the provider keeps for longer. */
  cache_write_1h_tokens?: number;
  reasoning_tokens?: number;
  /** Heard and spoken. */
  audio_tokens?: number;
}

/** What attempts used and cost together, by kind. */
export interface Billing {
  tokens: TokenKinds;
  /** They add up to the cost; empty where a price is not known. */
  lines: CostLine[];
  /** The tier that served the last answer; null where no answer had a price. */
  service_tier: string | null;
}

/** An attempt as far as it was billed. */
interface BilledAttempt {
  usage: Usage | null;
  cost: Price | null;
}

/** What some attempts used and cost by kind; null where none of them used anything. */
export function billingOf(attempts: readonly BilledAttempt[]): Billing | null {
  const billed = attempts.filter(({ usage }) => usage !== null);
  if (billed.length === 0) return null;
  const isPriced = billed.every(({ cost }) => cost !== null);
  return {
    tokens: kindsOf(billed),
    lines: isPriced ? addLines(billed.flatMap(({ cost }) => cost?.lines ?? [])) : [],
    service_tier: billed.findLast(({ cost }) => cost !== null)?.cost?.service_tier ?? null,
  };
}

function kindsOf(attempts: readonly BilledAttempt[]): TokenKinds {
  const sumOf = (of: (usage: Usage) => number | undefined) =>
    attempts.reduce((sum, { usage }) => sum + ((usage && of(usage)) ?? 0), 0);
  const kinds = {
    cache_write_tokens: sumOf((usage) => usage.cache_write_tokens),
    cache_write_1h_tokens: sumOf((usage) => usage.cache_write_1h_tokens),
    reasoning_tokens: sumOf((usage) => usage.reasoning_tokens),
    audio_tokens: sumOf((usage) => (usage.audio_input_tokens ?? 0) + (usage.audio_output_tokens ?? 0)),
  };
  return Object.fromEntries(Object.entries(kinds).filter(([, tokens]) => tokens > 0));
}
