/** What a provider says is left of one allowance, and in how many milliseconds all of it is free again. */
export interface AllowanceFacts {
  limit: number;
  /** Never more than `limit`. */
  remaining: number;
  reset_ms: number;
}

/**
 * What one response of a provider says of the limits of the key that it was asked with. Absent: not said, or not believable.
 * `tokens` is the tightest of the token allowances where the provider names several (Anthropic counts input and output apart).
 */
export interface RateLimitFacts {
  requests?: AllowanceFacts;
  tokens?: AllowanceFacts;
  /** The wait that was asked for, in milliseconds. */
  retry_after_ms?: number;
}
