import { OpenAI } from "openai";
import type { Fetch } from "../egress.ts";
import type { Provider, ProviderCall } from "../provider.ts";
import { tellingFacts } from "../rate-limit.ts";
import { sdkProvider } from "../sdk-provider.ts";
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
  const clientOf = ({ apiKey, onFacts }: ProviderCall) =>
    new OpenAI({
      apiKey,
      baseURL: baseUrl,
      fetch: tellingFacts(fetch, now, onFacts),
      maxRetries: 0,
      logLevel: "off",
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
    });
  return sdkProvider({
    provider: "openai",
    now,
    toCompletion,
    toStreamParts,
    whole: async (request, call) =>
      clientOf(call).chat.completions.create(toOpenAIRequest(request), { signal: call.signal }).withResponse(),
    streamed: async (request, call) => {
      const body = { ...toOpenAIRequest(request), stream: true as const, stream_options: { include_usage: true } };
      return clientOf(call).chat.completions.create(body, { signal: call.signal }).withResponse();
    },
  });
}
