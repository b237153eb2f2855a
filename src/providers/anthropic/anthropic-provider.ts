import { Messages } from "@anthropic-ai/sdk/resources/messages";
import { Models } from "@anthropic-ai/sdk/resources/models";
import type { ProviderName } from "../../domain/completions/completion.ts";
import { parseExact } from "../../lib/ordered-json.ts";
import type { Provider, ProviderCall } from "../provider.ts";
import { SdkProvider } from "../sdk-provider.ts";
import { anthropicClient, type AnthropicOptions } from "./client.ts";
import { toAnthropicRequest } from "./request.ts";
import { toCompletion } from "./response.ts";
import { toStreamParts } from "./stream.ts";

/** Anthropic's Messages API through its SDK, at Anthropic or at an upstream of this name. */
export function createAnthropicProvider(options: AnthropicOptions, provider: ProviderName = "anthropic"): Provider {
  const messagesOf = (call: ProviderCall) => new Messages(anthropicClient(options, call));
  return new SdkProvider({
    provider,
    now: options.now ?? Date.now,
    toCompletion,
    toStreamParts,
    async whole(request, call) {
      const { body, headers } = toAnthropicRequest(request);
      const response = messagesOf(call).create(body, { signal: call.signal, headers }).asResponse();
      // The SDK would round the numbers in the input of tools.
      const parsed = response.then(async (whole) => parseExact(await whole.text()));
      // Whoever awaits the response learns of a failure.
      parsed.catch(() => undefined);
      return { sent: Object.assign(parsed, { asResponse: async () => response }) };
    },
    async streamed(request, call) {
      const { body, headers } = toAnthropicRequest(request);
      return { sent: messagesOf(call).create({ ...body, stream: true }, { signal: call.signal, headers }) };
    },
    async model(name, call) {
      const models = new Models(anthropicClient(options, call));
      return { sent: models.retrieve(name, {}, { signal: call.signal }) };
    },
  });
}
