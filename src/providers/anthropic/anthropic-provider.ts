import { Messages } from "@anthropic-ai/sdk/resources/messages";
import { Models } from "@anthropic-ai/sdk/resources/models";
import type { Provider, ProviderCall } from "../provider.ts";
import { sdkProvider } from "../sdk-provider.ts";
import { anthropicClient, type AnthropicOptions } from "./client.ts";
import { toAnthropicRequest } from "./request.ts";
import { toCompletion } from "./response.ts";
import { toStreamParts } from "./stream.ts";

/** Anthropic's messages through its SDK. */
export function createAnthropicProvider(options: AnthropicOptions): Provider {
  const messagesOf = (call: ProviderCall) => new Messages(anthropicClient(options, call));
  return sdkProvider({
    provider: "anthropic",
    now: options.now ?? Date.now,
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
    model: async (name, call) =>
      new Models(anthropicClient(options, call)).retrieve(name, {}, { signal: call.signal }).withResponse(),
  });
}
