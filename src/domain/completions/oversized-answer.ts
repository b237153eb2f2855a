import { AppError } from "../errors.ts";
import type { RateLimitFacts } from "../rate-limit-facts.ts";
import type { AnsweredText } from "./attempt.ts";
import type { CompletionRequest } from "./completion.ts";
import { tokensInBytes } from "./token-estimate.ts";

/**
 * An answer of which more bytes came than are read. It is paid for, and would be as large again, so
 * that nobody is asked once more.
 */
export class OversizedAnswer extends AppError {
  readonly maxBytes: number;

  constructor(maxBytes: number, providerLimits?: RateLimitFacts) {
    const detail = `The provider's answer is larger than ${maxBytes} bytes: ask for less at once.`;
    super("provider_error", detail, providerLimits && { providerLimits });
    this.maxBytes = maxBytes;
  }

  override withProviderLimits(providerLimits: RateLimitFacts): OversizedAnswer {
    return new OversizedAnswer(this.maxBytes, providerLimits);
  }
}

/** What an answer is paid as that was too large to be read, by our estimate. */
export function oversizedText({ maxBytes }: OversizedAnswer, { model, parameters }: CompletionRequest): AnsweredText {
  const thinking_tokens = Math.min(parameters.max_tokens ?? Infinity, tokensInBytes(maxBytes));
  return { text: "", model, usage: null, thinking_tokens };
}
