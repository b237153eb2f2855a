import { APIError } from "openai/error";
import type { CompletionRequest, ProviderName } from "../../domain/completions/completion.ts";
import { endpointOf } from "../../domain/completions/openai-endpoint.ts";
import { checkModel } from "../check-model.ts";
import { HttpProvider } from "../http-provider.ts";
import type { Provider } from "../provider.ts";
import type { WireFormat } from "../wire-format.ts";
import { toWireRequest } from "../wire-request.ts";
import { openAIClient, type OpenAIOptions } from "./client.ts";
import { statedInCompletion, toCompletion } from "./response.ts";
import { statedInResponse, toCompletionOfResponse } from "./responses-answer.ts";
import { ResponseReader } from "./responses-stream.ts";
import { ChunkReader } from "./stream.ts";

/**
 * OpenAI's Chat Completions API and its Responses API, at OpenAI or at an upstream of this name.
 * The request decides which of them is called. Models are checked through the SDK.
 */
export function createOpenAIProvider(options: OpenAIOptions, provider: ProviderName = "openai"): Provider {
  const now = options.now ?? Date.now;
  const apis = {
    "chat/completions": new HttpProvider({ ...SHARED, ...CHAT, provider }, { ...options, now }),
    responses: new HttpProvider({ ...SHARED, ...RESPONSES, provider }, { ...options, now }),
  };
  const apiFor = (request: CompletionRequest) => apis[endpointOf(request)];
  return {
    complete: async (request, call) => apiFor(request).complete(request, call),
    stream: async (request, call) => apiFor(request).stream(request, call),
    check: async (model, call) =>
      checkModel(provider, call, now, async () => {
        const { models } = await openAIClient(options, call);
        return { sent: models.retrieve(model, { signal: call.signal }) };
      }),
  };
}

const SHARED: Pick<WireFormat, "toRequest" | "credentials" | "parse" | "errorOf"> = {
  toRequest: (request) => toWireRequest("openai", request),
  credentials: (apiKey): Record<string, string> => (apiKey === "" ? {} : { authorization: `Bearer ${apiKey}` }),
  parse: (text) => JSON.parse(text) as unknown,
  errorOf: (status, body, text, headers) => APIError.generate(status, body, body ? undefined : text, headers),
};

const CHAT: Omit<WireFormat, keyof typeof SHARED | "provider"> = {
  streaming: { stream: true, stream_options: { include_usage: true } },
  toCompletion,
  statedIn: statedInCompletion,
  reader: (model, provider) => new ChunkReader(model, provider),
};

const RESPONSES: Omit<WireFormat, keyof typeof SHARED | "provider"> = {
  streaming: { stream: true },
  toCompletion: toCompletionOfResponse,
  statedIn: statedInResponse,
  reader: (model, provider) => new ResponseReader(model, provider),
};
