/** The output tokens to expect where neither the caller nor earlier calls tell, per call. */
const UNKNOWN_OUTPUT = 1_024;
/** The most output tokens to reserve. The worst case of one caller must not block the others. */
const OUTPUT_CAP = 16_384;
/** The share of a key's tokens per minute that the output of one call may reserve. */
const LIMIT_SHARE = 0.1;
/**
 * The gains of TCP's time-out estimator (RFC 6298). The estimate is the mean plus `margin`
 * deviations.
 */
const GAIN = { mean: 1 / 8, deviation: 1 / 4, margin: 4 };

/** A running estimate of a value and of its mean deviation. */
interface Estimate {
  mean: number;
  deviation: number;
}

/**
 * Learns from the calls of one model how many tokens to reserve for the next one. It estimates the
 * ratio of real to estimated prompt tokens, and the output tokens of a call.
 */
export class TokenHistory {
  #promptRatio: Estimate | null = null;
  #output: Estimate | null = null;

  /**
   * The tokens to reserve for a call. `prompt` is the estimate of its prompt tokens. `tpm` is the
   * largest token limit of the keys, or null where a key has none.
   */
  reserve({ prompt, max_tokens, tpm }: { prompt: number; max_tokens: number | undefined; tpm: number | null }): number {
    const input = Math.ceil(prompt * (this.#promptRatio === null ? 1 : upperBound(this.#promptRatio)));
    const expected = this.#output === null ? UNKNOWN_OUTPUT : upperBound(this.#output);
    const cap = Math.min(OUTPUT_CAP, tpm === null ? Infinity : Math.max(expected, tpm * LIMIT_SHARE));
    const reserved = input + Math.ceil(Math.min(max_tokens ?? expected, cap));
    return Math.max(1, tpm === null ? reserved : Math.min(reserved, tpm));
  }

  /** Learns from a finished call: the estimate of its prompt tokens, and its real usage. */
  learn(prompt: number, usage: { prompt_tokens: number; completion_tokens: number }): void {
    if (prompt > 0 && usage.prompt_tokens > 0) {
      this.#promptRatio = updated(this.#promptRatio, usage.prompt_tokens / prompt);
    }
    if (usage.completion_tokens > 0) this.#output = updated(this.#output, usage.completion_tokens);
  }
}

/** A value that is seldom exceeded. */
function upperBound({ mean, deviation }: Estimate): number {
  return mean + GAIN.margin * deviation;
}

function updated(estimate: Estimate | null, sample: number): Estimate {
  if (estimate === null) return { mean: sample, deviation: sample / 2 };
  const error = Math.abs(sample - estimate.mean);
  return {
    mean: estimate.mean + GAIN.mean * (sample - estimate.mean),
    deviation: estimate.deviation + GAIN.deviation * (error - estimate.deviation),
  };
}
