import type { CompletionRequest } from "../domain/completions/completion.ts";
import { UnusableAnswer } from "../domain/completions/unusable-answer.ts";
import type { AppError } from "../domain/errors.ts";
import type { RateLimitFacts } from "../domain/rate-limit-facts.ts";
import { toConnectionError } from "./connection-error.ts";
import { type Fetch, openResponse } from "./egress.ts";
import { classifyFailure, contextOf, errorInBody, type FailureContext, malformed } from "./errors.ts";
import type { Provider, ProviderCall, ProviderCompletion, ProviderStream } from "./provider.ts";
import { parseRateLimits } from "./rate-limit.ts";
import { choicesOf, isRelayed, isStreamRelayed, relayedErrorBody, RelayedEvents, relayedRequest } from "./relay.ts";
import { readText, type Reading } from "./response-pieces.ts";
import { streamParts } from "./stream-parts.ts";
import type { WireFormat } from "./wire-format.ts";
import type { WireRequest } from "./wire-request.ts";
import { jsonIn } from "./wire.ts";

/**
 * Where a provider is, and how to reach it. `now` is epoch milliseconds, for `retry-after` dates.
 */
export interface HttpOptions {
  baseUrl: string;
  fetch: Fetch;
  now: () => number;
}

/** A response with a 2xx status, whose body has not been read. */
interface Opened {
  response: Response;
  reading: Reading;
  limits: RateLimitFacts | undefined;
}

/**
 * Completions over HTTP in one wire format. It does what the providers' SDKs would do for these two
 * calls, which all executions make, at a fifth of their CPU: one attempt, without retries, and
 * with their error classes. Errors inside a 200, broken streams and bodies that are no event stream
 * all become AppErrors. Answers and errors carry the limits of the key from the headers.
 */
export class HttpProvider implements Omit<Provider, "check"> {
  readonly #format: WireFormat;
  readonly #options: HttpOptions;

  constructor(format: WireFormat, options: HttpOptions) {
    this.#format = format;
    this.#options = options;
  }

  async complete(request: CompletionRequest, call: ProviderCall): Promise<ProviderCompletion> {
    return this.#exchange(call, request, false, async ({ response, reading, limits }) => {
      const text = await readText(response.body, reading);
      const body = this.#format.parse(text);
      const error = errorInBody(body, response.headers, this.#contextOf(call));
      if (error) throw this.#unusable(error, body, request);
      const completion = this.#format.toCompletion(body, request.model, this.#format.provider);
      const relayed = isRelayed(this.#format.door, request) && { relayed: text };
      return { ...completion, ...relayed, ...(limits && { limits }) };
    });
  }

  async stream(request: CompletionRequest, call: ProviderCall): Promise<ProviderStream> {
    return this.#exchange(call, request, true, async ({ response, reading, limits }) => {
      await this.#assertEventStream(response, reading, call, request);
      const reader = this.#format.reader(request.model, this.#format.provider, choicesOf(request));
      const { door } = this.#format;
      const relay = isStreamRelayed(door, request) ? new RelayedEvents(door, request) : undefined;
      const parts = streamParts(response, reading, { reader, relay }, () => this.#contextOf(call));
      return Object.assign(parts, { limits });
    });
  }

  /** What is sent: the client's own body where that has this format, or the request in it. */
  #requestOf(request: CompletionRequest, isStreamed: boolean): WireRequest {
    const relayed = relayedRequest(this.#format.door, request, isStreamed);
    if (relayed) return relayed;
    const whole = this.#format.toRequest(request);
    return isStreamed ? { ...whole, body: { ...whole.body, ...this.#format.streaming } } : whole;
  }

  /** Sends a request and reads its response. A failure after the headers carries their limits. */
  async #exchange<T>(
    call: ProviderCall,
    request: CompletionRequest,
    isStreamed: boolean,
    read: (opened: Opened) => Promise<T>,
  ): Promise<T> {
    let limits: RateLimitFacts | undefined;
    try {
      const { response, maxBytes } = await this.#send(call, this.#requestOf(request, isStreamed));
      const reading = { maxBytes, signal: call.signal, onActivity: call.onActivity };
      const told = parseRateLimits(response.headers, this.#options.now());
      limits = Object.keys(told).length > 0 ? told : undefined;
      if (!response.ok) throw await this.#errorOf(response, reading, call, request);
      return await read({ response, reading, limits });
    } catch (error) {
      throw classifyFailure(error, this.#contextOf(call), limits);
    }
  }

  async #send({ apiKey, signal, onActivity, trace }: ProviderCall, { path, headers, body }: WireRequest) {
    const { baseUrl, fetch } = this.#options;
    const init = {
      method: "POST",
      headers: { ...HEADERS, ...this.#format.credentials(apiKey), ...headers, ...trace },
      body: JSON.stringify(body),
      signal,
    };
    const url = baseUrl.endsWith("/") ? baseUrl.slice(0, -1) + path : baseUrl + path;
    try {
      return await openResponse(fetch, url, init, onActivity);
    } catch (error) {
      throw toConnectionError(error);
    }
  }

  /**
   * The error of a response that is no 2xx. Its status counts even if its body breaks off, with the
   * words that came until then. A client of the provider's own wire format is told the same words.
   */
  async #errorOf(response: Response, reading: Reading, call: ProviderCall, request: CompletionRequest): Promise<Error> {
    const { status, headers } = response;
    const text = await readText(response.body, { ...reading, isWhole: () => true }).catch(() => "");
    const error = this.#format.errorOf(status, jsonIn(text), text, headers);
    if (!isRelayed(this.#format.door, request)) return error;
    const body = relayedErrorBody(status, text, call);
    if (body === undefined) return error;
    return classifyFailure(error, this.#contextOf(call)).withRelayed({ door: this.#format.door, status, body });
  }

  /**
   * Throws if a 200 that should be an event stream is something else: the error in a JSON body if
   * there is one. A response without a content type counts as a stream.
   */
  async #assertEventStream(
    response: Response,
    reading: Reading,
    call: ProviderCall,
    request: CompletionRequest,
  ): Promise<void> {
    const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (type === "" || type === "text/event-stream") return;
    const { provider } = this.#format;
    if (type === "application/json") {
      const body: unknown = JSON.parse(await readText(response.body, reading));
      const error = errorInBody(body, response.headers, this.#contextOf(call));
      throw this.#unusable(error ?? malformed(provider, "JSON instead of a stream"), body, request);
    }
    await response.body?.cancel();
    throw malformed(provider, "something else than a stream");
  }

  /** The error of an answer, with what it counts all the same. */
  #unusable(error: AppError, body: unknown, { model }: CompletionRequest): AppError {
    const stated = this.#format.statedIn(body, model);
    return stated ? new UnusableAnswer(error, stated) : error;
  }

  #contextOf(call: ProviderCall): FailureContext {
    return contextOf(this.#format.provider, call, this.#options.now());
  }
}

/** The headers that every call has. */
const HEADERS = { accept: "application/json", "content-type": "application/json", "user-agent": "pbt-edge" };
