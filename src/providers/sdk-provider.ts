import type { Completion, CompletionRequest, ProviderName, StreamPart } from "../domain/completions/completion.ts";
import { UnusableAnswer } from "../domain/completions/unusable-answer.ts";
import type { AppError } from "../domain/errors.ts";
import type { RateLimitFacts } from "../domain/rate-limit-facts.ts";
import { errorInBody, type FailureContext, isNotFound, malformed, classifyFailure } from "./errors.ts";
import { guarded } from "./guarded.ts";
import type { Provider, ProviderCall, ProviderCompletion, ProviderStream } from "./provider.ts";
import { parseRateLimits } from "./rate-limit.ts";
import { assertEventStream } from "./sse-response.ts";
import { isRecord } from "./wire.ts";

/**
 * A request that an SDK has sent. It resolves to the parsed body or the events; `asResponse`
 * resolves with the headers.
 */
interface SentRequest<T> {
  sent: PromiseLike<T> & { asResponse(): Promise<Response> };
}

/**
 * The parts that differ between the SDKs. `now` returns epoch milliseconds, for `retry-after`
 * dates.
 */
export interface SdkCalls {
  provider: ProviderName;
  now: () => number;
  whole(request: CompletionRequest, call: ProviderCall): Promise<SentRequest<unknown>>;
  streamed(request: CompletionRequest, call: ProviderCall): Promise<SentRequest<AsyncIterable<unknown>>>;
  model(name: string, call: ProviderCall): Promise<SentRequest<unknown>>;
  /** What a failed answer counts all the same; undefined where it counts nothing. */
  statedIn?(body: unknown, model: string): UnusableAnswer["stated"] | undefined;
  toCompletion(body: unknown, model: string, provider: ProviderName): Completion;
  toStreamParts(events: AsyncIterable<unknown>, model: string, provider: ProviderName): AsyncGenerator<StreamPart>;
}

/**
 * The {@link Provider} port over an SDK. Errors of the SDK, errors inside a 200, broken streams and
 * bodies that are no event stream all become AppErrors. Answers and errors carry the limits of the
 * key from the headers.
 */
export class SdkProvider implements Provider {
  readonly #sdk: SdkCalls;

  constructor(sdk: SdkCalls) {
    this.#sdk = sdk;
  }

  async complete(request: CompletionRequest, call: ProviderCall): Promise<ProviderCompletion> {
    const { value, limits } = await this.#exchange(call, this.#sdk.whole(request, call), (body, response) => {
      const error = this.#errorIn(body, response, call);
      const stated = error && this.#sdk.statedIn?.(body, request.model);
      if (error) throw stated ? new UnusableAnswer(error, stated) : error;
      return this.#sdk.toCompletion(body, request.model, this.#sdk.provider);
    });
    return limits ? { ...value, limits } : value;
  }

  async stream(request: CompletionRequest, call: ProviderCall): Promise<ProviderStream> {
    const sent = this.#sdk.streamed(request, call);
    const { value, limits } = await this.#exchange(call, sent, async (events, response) => {
      await assertEventStream(response, this.#contextOf(call));
      const parts = this.#sdk.toStreamParts(events, request.model, this.#sdk.provider);
      return { parts: guarded(parts, () => this.#contextOf(call)) };
    });
    return Object.assign(value.parts, { limits });
  }

  async check(model: string, call: ProviderCall): Promise<void> {
    try {
      const { sent } = await this.#sdk.model(model, call);
      const response = await sent.asResponse();
      const body = await sent;
      const error = this.#errorIn(body, response, call);
      if (error) throw error;
      if (!isRecord(body) || typeof body["id"] !== "string") {
        throw malformed(this.#sdk.provider, "something that is no model");
      }
    } catch (error) {
      if (!isNotFound(error)) throw classifyFailure(error, this.#contextOf(call));
    }
  }

  /**
   * Sends a request and reads its body with `read`. A failure after the headers carries their
   * limits.
   */
  async #exchange<T, R>(
    call: ProviderCall,
    request: Promise<SentRequest<T>>,
    read: (data: T, response: Response) => R,
  ): Promise<{ value: Awaited<R>; limits?: RateLimitFacts }> {
    let limits: RateLimitFacts | undefined;
    try {
      const { sent } = await request;
      const response = await sent.asResponse();
      limits = parseRateLimits(response.headers, this.#sdk.now());
      const value = await read(await sent, response);
      return Object.keys(limits).length > 0 ? { value, limits } : { value };
    } catch (error) {
      throw classifyFailure(error, this.#contextOf(call), limits);
    }
  }

  #errorIn(body: unknown, response: Response, call: ProviderCall): AppError | undefined {
    return errorInBody(body, response.headers, this.#contextOf(call));
  }

  #contextOf({ apiKey, signal, upstream }: ProviderCall): FailureContext {
    const secrets = Object.values(upstream?.headers ?? {});
    return { provider: this.#sdk.provider, apiKey, secrets, signal, now: this.#sdk.now() };
  }
}
