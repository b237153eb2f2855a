import type { Completion, CompletionRequest, ProviderName, StreamPart } from "../domain/completions/completion.ts";
import { errorInBody, isNotFound, malformed, toAppError } from "./errors.ts";
import { type ContextOf, guarded } from "./guarded.ts";
import type { Provider, ProviderCall } from "./provider.ts";
import { assertEventStream } from "./sse-response.ts";
import { isRecord } from "./wire.ts";

/** What an SDK's `withResponse()` gives: the parsed body or the events, and the HTTP response they came in. */
interface Reply<T> {
  data: T;
  response: Response;
}

/** What differs from one provider's SDK to the next. `now` gives epoch milliseconds, for `retry-after` dates. */
export interface SdkCalls {
  provider: ProviderName;
  now: () => number;
  whole(request: CompletionRequest, call: ProviderCall): Promise<Reply<unknown>>;
  streamed(request: CompletionRequest, call: ProviderCall): Promise<Reply<AsyncIterable<unknown>>>;
  model(name: string, call: ProviderCall): Promise<Reply<unknown>>;
  toCompletion(body: unknown, model: string): Completion;
  toStreamParts(events: AsyncIterable<unknown>, model: string): AsyncGenerator<StreamPart>;
}

/** The port over an SDK: its errors, errors within a 200, and streams that break or are no streams, all become AppErrors. */
export function sdkProvider(sdk: SdkCalls): Provider {
  const contextOf =
    ({ apiKey, signal }: ProviderCall): ContextOf =>
    () => ({ provider: sdk.provider, apiKey, signal, now: sdk.now() });
  return {
    async complete(request, call) {
      const context = contextOf(call);
      try {
        const { data, response } = await sdk.whole(request, call);
        const error = errorInBody(data, response.headers, context());
        if (error) throw error;
        return sdk.toCompletion(data, request.model);
      } catch (error) {
        throw toAppError(error, context());
      }
    },
    async stream(request, call) {
      const context = contextOf(call);
      try {
        const { data, response } = await sdk.streamed(request, call);
        await assertEventStream(response, context());
        return guarded(sdk.toStreamParts(data, request.model), context);
      } catch (error) {
        throw toAppError(error, context());
      }
    },
    async check(model, call) {
      const context = contextOf(call);
      try {
        const { data, response } = await sdk.model(model, call);
        const error = errorInBody(data, response.headers, context());
        if (error) throw error;
        if (!isRecord(data) || typeof data["id"] !== "string")
          throw malformed(sdk.provider, "something that is no model");
      } catch (error) {
        if (!isNotFound(error)) throw toAppError(error, context());
      }
    },
  };
}
