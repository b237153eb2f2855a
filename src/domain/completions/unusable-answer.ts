import { AppError } from "../errors.ts";
import type { RateLimitFacts } from "../rate-limit-facts.ts";
import type { Usage } from "./completion.ts";

/** A provider's answer that cannot be used, though it counts tokens: they are paid for. */
export class UnusableAnswer extends AppError {
  readonly stated: { usage: Usage; model: string };

  constructor(error: AppError, stated: UnusableAnswer["stated"]) {
    super(error.code, error.detail, error);
    this.stated = stated;
  }

  override withProviderLimits(providerLimits: RateLimitFacts): UnusableAnswer {
    return new UnusableAnswer(super.withProviderLimits(providerLimits), this.stated);
  }
}
