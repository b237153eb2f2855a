import { AppError } from "../errors.ts";
import type { RateLimitFacts } from "../rate-limit-facts.ts";
import type { Usage } from "./completion.ts";

/** A provider's answer that cannot be used, though it counts tokens: they are paid for. */
export class UnusableAnswer extends AppError {
  readonly stated: { usage: Usage; model: string };

  constructor(detail: string, stated: UnusableAnswer["stated"], providerLimits?: RateLimitFacts) {
    super("provider_error", detail, { retryable: true, providerLimits });
    this.stated = stated;
  }

  override withProviderLimits(providerLimits: RateLimitFacts): UnusableAnswer {
    return new UnusableAnswer(this.detail, this.stated, providerLimits);
  }
}
