import { OpenAI } from "openai";
import type { Fetch } from "../egress.ts";
import { errorInBody, toAppError } from "../errors.ts";
import { guarded } from "../guarded.ts";
import type { ContextOf } from "../guarded.ts";
import type { Provider, ProviderCall } from "../provider.ts";
import { assertEventStream } from "../sse-response.ts";
import { toOpenAIRequest } from "./request.ts";
import { toCompletion } from "./response.ts";
import { toStreamParts } from "./stream.ts";

/** Where OpenAI is reached (`https://api.openai.com/v1`), and how. `now` gives epoch milliseconds, for `retry-after` dates. */
export interface OpenAIProviderOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/**
 * OpenAI's chat completions through its SDK, one attempt a call: retries, keys and failover are the caller's.
 * Nothing is logged; keys, organization and project are never taken from the environment.
 */
export function createOpenAIProvider({ baseUrl, fetch, now = Date.now }: OpenAIProviderOptions): Provider {
  // A client of its own for each call (0.05 ms), because the key is the call's.
  const clientOf = (apiKey: string) =>
    new OpenAI({
      apiKey,
      baseURL: baseUrl,
      fetch,
      maxRetries: 0,
      logLevel: "off",
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
    });
  const contextOf =
    ({ apiKey, signal }: ProviderCall): ContextOf =>
    () => ({ provider: "openai", apiKey, signal, now: now() });
  return {
    async complete(request, call) {
      const context = contextOf(call);
      try {
        const { data, response } = await clientOf(call.apiKey)
          .chat.completions.create(toOpenAIRequest(request), { signal: call.signal })
          .withResponse();
        const error = errorInBody(data, response.headers, context());
        if (error) throw error;
        return toCompletion(data, request.model);
      } catch (error) {
        throw toAppError(error, context());
      }
    },
    async stream(request, call) {
      const context = contextOf(call);
      try {
        const body = { ...toOpenAIRequest(request), stream: true as const, stream_options: { include_usage: true } };
        const { data, response } = await clientOf(call.apiKey)
          .chat.completions.create(body, { signal: call.signal })
          .withResponse();
        await assertEventStream(response, context());
        return guarded(toStreamParts(data, request.model), context);
      } catch (error) {
        throw toAppError(error, context());
      }
    },
  };
}
