import type { ProviderName } from "../../domain/completions/completion.ts";
import type { Provider } from "../provider.ts";
import { SdkProvider } from "../sdk-provider.ts";
import { openAIClient, type OpenAIOptions } from "./client.ts";
import { chunksOf } from "./chunks.ts";
import { toOpenAIRequest } from "./request.ts";
import { toCompletion } from "./response.ts";
import { toStreamParts } from "./stream.ts";

/** OpenAI's Chat Completions API through its SDK, at OpenAI or at an upstream of this name. */
export function createOpenAIProvider(options: OpenAIOptions, provider: ProviderName = "openai"): Provider {
  return new SdkProvider({
    provider,
    now: options.now ?? Date.now,
    toCompletion,
    toStreamParts,
    async whole(request, call) {
      const { chat } = await openAIClient(options, call);
      return { sent: chat.completions.create(toOpenAIRequest(request), { signal: call.signal }) };
    },
    async streamed(request, call) {
      const body = { ...toOpenAIRequest(request), stream: true as const, stream_options: { include_usage: true } };
      const { chat } = await openAIClient(options, call);
      const response = chat.completions.create(body, { signal: call.signal }).asResponse();
      const chunks = response.then(chunksOf);
      // Whoever awaits the response learns of a failure.
      chunks.catch(() => undefined);
      return { sent: Object.assign(chunks, { asResponse: async () => response }) };
    },
    async model(name, call) {
      const { models } = await openAIClient(options, call);
      return { sent: models.retrieve(name, { signal: call.signal }) };
    },
  });
}
