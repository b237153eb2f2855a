import type { ProviderName } from "../../../src/domain/completions/completion.ts";
import { priceOf } from "../../../src/domain/completions/prices.ts";

/** How a call to the provider ended, as the provider knows it. */
export type Fate = "running" | "answered" | "broken" | "refused";

/** A call as the provider logs it: the truth of what was spent. */
export interface PaidCall {
  number: number;
  /** The life of the request that made the call, by its name. */
  request: string;
  admission: string;
  key: string;
  provider: ProviderName;
  model: string;
  question: string;
  /** Milliseconds after the start of the world. */
  began: number;
  prompt_tokens: number;
  /** Tokens that the model has made. */
  made: number;
  /** Tokens that the caller has been given. */
  seen: number;
  fate: Fate;
  /** Whether the caller got the end of the answer while it still listened. */
  isDelivered: boolean;
  /** When it got its money, where a budget applies, or else when it began; Unix ms. */
  lent_at: number;
  /** Set for a line of a batch: how the provider served it. */
  service_tier?: string;
}

/** What a call cost, in nano-dollars. */
export function billOf({ fate, provider, model, prompt_tokens, made, service_tier }: PaidCall): number {
  if (fate === "refused" || (fate !== "answered" && made === 0)) return 0;
  const tier = service_tier === undefined ? {} : { service_tier };
  const usage = { prompt_tokens, completion_tokens: made, total_tokens: prompt_tokens + made, ...tier };
  return priceOf(provider, model, usage)?.cost_nanousd ?? 0;
}
