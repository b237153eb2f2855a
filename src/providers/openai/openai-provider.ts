import type { Provider } from "../provider.ts";
import { sdkProvider } from "../sdk-provider.ts";
import { openAIClient, type OpenAIOptions } from "./client.ts";
import { toOpenAIRequest } from "./request.ts";
import { toCompletion } from "./response.ts";
import { toStreamParts } from "./stream.ts";

/** OpenAI's chat completions through its SDK. */
export function createOpenAIProvider(options: OpenAIOptions): Provider {
  return sdkProvider({
    provider: "openai",
    now: options.now ?? Date.now,
    toCompletion,
    toStreamParts,
    whole: async (request, call) =>
      (await openAIClient(options, call)).chat.completions
        .create(toOpenAIRequest(request), { signal: call.signal })
        .withResponse(),
    streamed: async (request, call) => {
      const body = { ...toOpenAIRequest(request), stream: true as const, stream_options: { include_usage: true } };
      return (await openAIClient(options, call)).chat.completions.create(body, { signal: call.signal }).withResponse();
    },
    model: async (name, call) =>
      (await openAIClient(options, call)).models.retrieve(name, { signal: call.signal }).withResponse(),
  });
}
