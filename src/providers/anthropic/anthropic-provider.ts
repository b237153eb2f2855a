import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { Messages } from "@anthropic-ai/sdk/resources/messages";
import type { Fetch } from "../egress.ts";
import { errorInBody, toAppError } from "../errors.ts";
import { guarded } from "../guarded.ts";
import type { ContextOf } from "../guarded.ts";
import type { Provider, ProviderCall } from "../provider.ts";
import { assertEventStream } from "../sse-response.ts";
import { toAnthropicRequest } from "./request.ts";
import { toCompletion } from "./response.ts";
import { toStreamParts } from "./stream.ts";

/** Longest call in milliseconds. Given explicitly, it also stops the SDK from refusing a large `max_tokens` without streaming. */
const TIMEOUT_MS = 600_000;

/** Where Anthropic is reached (`https://api.anthropic.com`), and how. `now` gives epoch milliseconds, for `retry-after` dates. */
export interface AnthropicProviderOptions {
  baseUrl: string;
  fetch: Fetch;
  now?: () => number;
}

/**
 * Anthropic's messages through its SDK, one attempt a call: retries, keys and failover are the caller's.
 * Nothing is logged or traced by the SDK; keys are never taken from the environment.
 */
export function createAnthropicProvider({ baseUrl, fetch, now = Date.now }: AnthropicProviderOptions): Provider {
  // A client of its own for each call (0.05 ms), because the key is the call's; of the SDK's resources only this one is bundled.
  const messagesOf = (apiKey: string) =>
    new Messages(
      new BaseAnthropic({
        apiKey,
        baseURL: baseUrl,
        fetch,
        maxRetries: 0,
        timeout: TIMEOUT_MS,
        logLevel: "off",
        openTelemetry: false,
        webhookKey: null,
      }),
    );
  const contextOf =
    ({ apiKey, signal }: ProviderCall): ContextOf =>
    () => ({ provider: "anthropic", apiKey, signal, now: now() });
  return {
    async complete(request, call) {
      const context = contextOf(call);
      try {
        const { body, headers } = toAnthropicRequest(request);
        const { data, response } = await messagesOf(call.apiKey)
          .create(body, { signal: call.signal, headers })
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
        const { body, headers } = toAnthropicRequest(request);
        const { data, response } = await messagesOf(call.apiKey)
          .create({ ...body, stream: true }, { signal: call.signal, headers })
          .withResponse();
        await assertEventStream(response, context());
        return guarded(toStreamParts(data, request.model), context);
      } catch (error) {
        throw toAppError(error, context());
      }
    },
  };
}
