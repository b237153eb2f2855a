import type { Completion, CompletionRequest, StreamPart } from "../domain/completions/completion.ts";
import type { RateLimitFacts } from "../domain/gate/rate-limit-facts.ts";

/** What one call needs beside the request: the secret key, and the signal that ends it (deadline or abandon). */
export interface ProviderCall {
  apiKey: string;
  signal: AbortSignal;
}

/** A whole answer, with what its response said of the key's limits. */
export interface ProviderCompletion extends Completion {
  limits?: RateLimitFacts;
}

/** The parts of a streamed answer, with what its response's headers said of the key's limits. */
export interface ProviderStream extends AsyncIterable<StreamPart> {
  limits?: RateLimitFacts;
}

/**
 * The port that every provider implements. All calls throw only AppError: `provider_error` (502), `provider_overloaded` (503),
 * `rate_limit_error` (429, with `retryAfterMs` where the provider said so), `timeout` (504); `retryable` says whether another key or model may help.
 */
export interface Provider {
  /** One whole answer. */
  complete(request: CompletionRequest, call: ProviderCall): Promise<ProviderCompletion>;
  /** Resolves when the provider's response headers have come; the parts follow. */
  stream(request: CompletionRequest, call: ProviderCall): Promise<ProviderStream>;
  /**
   * Resolves where the provider is up and takes the key, shown by `GET /v1/models/{model}`, which costs nothing. A 404 shows that as well: whether the model
   * answers is for a real call to find out.
   */
  check(model: string, call: ProviderCall): Promise<void>;
}
