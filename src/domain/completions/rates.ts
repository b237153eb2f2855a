/** US dollars per million tokens of each kind; an absent kind has no rate of its own. */
export interface Rates {
  input: number;
  output: number;
  cached_input?: number;
  /** Writes that the provider's cache keeps for its shorter time: 5 min, 30 min at OpenAI. */
  cache_write_5m?: number;
  /** Writes that the provider's cache keeps for its longer time: 1 h, 12 h at OpenAI. */
  cache_write_1h?: number;
  audio_input?: number;
  audio_output?: number;
  image_input?: number;
}

/** Rates for prompts of more tokens than `above`, which includes those from or to a cache. */
export interface RateStep {
  above: number;
  rates: Rates;
}

/** What a model costs at its standard tier, by the length of the prompt, and where that stands. */
export interface RateCard {
  /** The first step is above 0, the others follow by length. */
  steps: readonly [RateStep, ...RateStep[]];
  /** The table, with its version or page, and its date. */
  table: string;
}

/**
 * The rates for a prompt of a number of tokens: all tokens of the call have the rates of one step.
 */
export function ratesFor({ steps }: RateCard, promptTokens: number): Rates {
  return (steps.findLast(({ above }) => promptTokens > above) ?? steps[0]).rates;
}

/** The id of a model without the date of its snapshot, at which it costs the same. */
export function undated(model: string): string {
  return model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8})$/, "");
}
