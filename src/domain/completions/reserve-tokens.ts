/** Tokens of an answer that are expected where neither the caller nor experience says. */
const UNKNOWN_OUTPUT = 1_024;
/** The most of an answer that is reserved, so that one caller's worst case does not keep everyone waiting; a share of a minute's limit where there is one. */
const OUTPUT_CAP = 16_384;
const LIMIT_SHARE = 0.1;
/** As TCP estimates its time-out (RFC 6298): the mean, and four times the mean deviation on top. */
const GAIN = { mean: 1 / 8, deviation: 1 / 4, margin: 4 };

/** A running estimate that is seldom exceeded. */
interface Estimate {
  mean: number;
  deviation: number;
}

/** What a model's calls took beside what was estimated: prompt tokens by their estimate, and tokens of answers without a stated limit. */
export interface TokenHistory {
  /** Tokens to reserve for a call. `tpm` is the largest limit of the keys, null where one has none. */
  reserve(call: { prompt: number; max_tokens: number | undefined; tpm: number | null }): number;
  learn(prompt: number, usage: { prompt_tokens: number; completion_tokens: number }): void;
}

/** A history of one model, empty. */
export function createTokenHistory(): TokenHistory {
  let ratio: Estimate | null = null;
  let output: Estimate | null = null;
  return {
    reserve({ prompt, max_tokens, tpm }) {
      const input = Math.ceil(prompt * (ratio === null ? 1 : upper(ratio)));
      const expected = output === null ? UNKNOWN_OUTPUT : upper(output);
      const cap = Math.min(OUTPUT_CAP, tpm === null ? Infinity : Math.max(expected, tpm * LIMIT_SHARE));
      const reserved = input + Math.ceil(Math.min(max_tokens ?? expected, cap));
      return Math.max(1, tpm === null ? reserved : Math.min(reserved, tpm));
    },
    learn(prompt, usage) {
      if (prompt > 0 && usage.prompt_tokens > 0) ratio = next(ratio, usage.prompt_tokens / prompt);
      if (usage.completion_tokens > 0) output = next(output, usage.completion_tokens);
    },
  };
}

function upper({ mean, deviation }: Estimate): number {
  return mean + GAIN.margin * deviation;
}

function next(known: Estimate | null, seen: number): Estimate {
  if (known === null) return { mean: seen, deviation: seen / 2 };
  const off = Math.abs(seen - known.mean);
  return {
    mean: known.mean + GAIN.mean * (seen - known.mean),
    deviation: known.deviation + GAIN.deviation * (off - known.deviation),
  };
}
