import type { Completion, CompletionRequest, StreamPart } from "../domain/completions/completion.ts";
import type { RateLimitFacts } from "../domain/gate/rate-limit-facts.ts";

/** What one call needs beside the request: the secret key, and the signal that ends it (deadline or abandon). */
export interface ProviderCall {
  apiKey: string;
  signal: AbortSignal;
  /** Told once for every response that comes, a 429 too, as soon as its headers are there; empty where they say nothing. Must not throw. */
  onFacts?: (facts: RateLimitFacts) => void;
}

/**
 * The port that every provider implements. All calls throw only AppError: `provider_error` (502), `provider_overloaded` (503),
 * `rate_limit_error` (429, with `retryAfterMs` where the provider said so), `timeout` (504); `retryable` says whether another key or model may help.
 */
export interface Provider {
  /** One whole answer. */
  complete(request: CompletionRequest, call: ProviderCall): Promise<Completion>;
  /** Resolves when the provider's response headers have come; the parts follow. */
  stream(request: CompletionRequest, call: ProviderCall): Promise<AsyncIterable<StreamPart>>;
  /**
   * Resolves where the provider is up and takes the key, shown by `GET /v1/models/{model}`, which costs nothing. A 404 shows that as well: whether the model
   * answers is for a real call to find out.
   */
  check(model: string, call: ProviderCall): Promise<void>;
}
