import type { Completion, CompletionRequest, ProviderName, StreamPart } from "../domain/completions/completion.ts";
import type { RateLimitFacts } from "../domain/gate/rate-limit-facts.ts";
import { errorInBody, type FailureContext, isNotFound, malformed, toAppError } from "./errors.ts";
import { guarded } from "./guarded.ts";
import type { Provider, ProviderCall } from "./provider.ts";
import { parseRateLimits } from "./rate-limit.ts";
import { assertEventStream } from "./sse-response.ts";
import { isRecord } from "./wire.ts";

/** A request that an SDK has sent: its response once the headers are there, and the parsed body or the events. */
interface SentRequest<T> {
  sent: PromiseLike<T> & { asResponse(): Promise<Response> };
}

/** What differs from one provider's SDK to the next. `now` gives epoch milliseconds, for `retry-after` dates. */
export interface SdkCalls {
  provider: ProviderName;
  now: () => number;
  whole(request: CompletionRequest, call: ProviderCall): Promise<SentRequest<unknown>>;
  streamed(request: CompletionRequest, call: ProviderCall): Promise<SentRequest<AsyncIterable<unknown>>>;
  model(name: string, call: ProviderCall): Promise<SentRequest<unknown>>;
  toCompletion(body: unknown, model: string): Completion;
  toStreamParts(events: AsyncIterable<unknown>, model: string): AsyncGenerator<StreamPart>;
}

/**
 * The port over an SDK. Its errors, errors inside a 200, and streams that break or are no event
 * streams all become AppErrors; answers and errors carry what the headers said of the key's limits.
 */
export function sdkProvider(sdk: SdkCalls): Provider {
  const contextOf = ({ apiKey, signal }: ProviderCall): FailureContext => ({
    provider: sdk.provider,
    apiKey,
    signal,
    now: sdk.now(),
  });

  /** Sends a request and reads its body with `read`; a failure carries the limits if a response came. */
  async function exchange<T, R>(
    call: ProviderCall,
    request: Promise<SentRequest<T>>,
    read: (data: T, response: Response) => R,
  ): Promise<{ value: Awaited<R>; limits?: RateLimitFacts }> {
    let limits: RateLimitFacts | undefined;
    try {
      const { sent } = await request;
      const response = await sent.asResponse();
      limits = parseRateLimits(response.headers, sdk.now());
      const value = await read(await sent, response);
      return Object.keys(limits).length > 0 ? { value, limits } : { value };
    } catch (error) {
      throw toAppError(error, contextOf(call), limits);
    }
  }

  function assertNoError(body: unknown, response: Response, call: ProviderCall): void {
    const error = errorInBody(body, response.headers, contextOf(call));
    if (error) throw error;
  }

  return {
    async complete(request, call) {
      const { value, limits } = await exchange(call, sdk.whole(request, call), (body, response) => {
        assertNoError(body, response, call);
        return sdk.toCompletion(body, request.model);
      });
      return limits ? { ...value, limits } : value;
    },
    async stream(request, call) {
      const { value, limits } = await exchange(call, sdk.streamed(request, call), async (events, response) => {
        await assertEventStream(response, contextOf(call));
        return { parts: guarded(sdk.toStreamParts(events, request.model), () => contextOf(call)) };
      });
      return Object.assign(value.parts, { limits });
    },
    async check(model, call) {
      try {
        const { sent } = await sdk.model(model, call);
        const response = await sent.asResponse();
        const body = await sent;
        assertNoError(body, response, call);
        if (!isRecord(body) || typeof body["id"] !== "string")
          throw malformed(sdk.provider, "something that is no model");
      } catch (error) {
        if (!isNotFound(error)) throw toAppError(error, contextOf(call));
      }
    },
  };
}
