import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import { Messages } from "@anthropic-ai/sdk/resources/messages";
import type { Fetch } from "../egress.ts";
import type { Provider, ProviderCall } from "../provider.ts";
import { tellingFacts } from "../rate-limit.ts";
import { sdkProvider } from "../sdk-provider.ts";
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
  const messagesOf = ({ apiKey, onFacts }: ProviderCall) =>
    new Messages(
      new BaseAnthropic({
        apiKey,
        baseURL: baseUrl,
        fetch: tellingFacts(fetch, now, onFacts),
        maxRetries: 0,
        timeout: TIMEOUT_MS,
        logLevel: "off",
        openTelemetry: false,
        webhookKey: null,
      }),
    );
  return sdkProvider({
    provider: "anthropic",
    now,
    toCompletion,
    toStreamParts,
    whole: async (request, call) => {
      const { body, headers } = toAnthropicRequest(request);
      return messagesOf(call).create(body, { signal: call.signal, headers }).withResponse();
    },
    streamed: async (request, call) => {
      const { body, headers } = toAnthropicRequest(request);
      return messagesOf(call)
        .create({ ...body, stream: true }, { signal: call.signal, headers })
        .withResponse();
    },
  });
}
