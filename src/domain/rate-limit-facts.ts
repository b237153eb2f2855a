/** What a provider says is left of one allowance, and in how many milliseconds it is full again. */
export interface AllowanceFacts {
  limit: number;
  /** Never more than `limit`. */
  remaining: number;
  reset_ms: number;
}

/**
 * What one response of a provider says about the limits of the key that made the call. A field is
 * absent where the response does not say it or says something that cannot be true. `tokens` is the
 * tightest allowance where the provider names several (Anthropic counts input and output apart).
 */
export interface RateLimitFacts {
  requests?: AllowanceFacts;
  tokens?: AllowanceFacts;
  /** The wait that the provider asks for, in milliseconds. */
  retry_after_ms?: number;
}
