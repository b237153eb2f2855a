import type { Completion, CompletionRequest, StreamPart } from "../domain/completions/completion.ts";
import type { UpstreamEndpoint } from "../domain/completions/upstream.ts";
import type { RateLimitFacts } from "../domain/rate-limit-facts.ts";

/**
 * The secret key of a call, empty for an upstream without one, and the signal that aborts it.
 * `onActivity` is called for every piece of the response that arrives, whatever is in it: pings,
 * comments and thinking show that the provider works, and the SDKs leave some of them out.
 */
export interface ProviderCall {
  apiKey: string;
  signal: AbortSignal;
  onActivity?: () => void;
  /** Where the call goes, if not to the provider whose wire format it has. */
  upstream?: UpstreamEndpoint;
  /** `traceparent` and `tracestate`, for servers that are told of traces (see egress.ts). */
  trace?: Record<string, string>;
}

/** A whole answer, with the limits of the key from its headers. */
export interface ProviderCompletion extends Completion {
  limits?: RateLimitFacts;
}

/** The parts of a streamed answer, with the limits of the key from its headers. */
export interface ProviderStream extends AsyncIterable<StreamPart> {
  limits?: RateLimitFacts;
}

/**
 * The port of the providers' completion APIs. Every call throws only AppErrors: `provider_error`
 * (502), `provider_overloaded` (503), `rate_limit_error` (429, with the provider's `retryAfterMs`
 * if it sent one) and `timeout` (504). `retryable` says whether another key or model may help.
 */
export interface Provider {
  /** Requests a whole answer. */
  complete(request: CompletionRequest, call: ProviderCall): Promise<ProviderCompletion>;
  /** Requests a streamed answer. Resolves with the response headers; the parts follow. */
  stream(request: CompletionRequest, call: ProviderCall): Promise<ProviderStream>;
  /**
   * Resolves if the provider is up and accepts the key. Asks `GET /v1/models/{model}`, which costs
   * nothing. A 404 also resolves: it shows that the key works, and only a real call shows whether
   * the model answers.
   */
  check(model: string, call: ProviderCall): Promise<void>;
}
