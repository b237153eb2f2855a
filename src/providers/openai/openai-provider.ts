import type { CompletionRequest, ProviderName } from "../../domain/completions/completion.ts";
import { endpointOf } from "../../domain/completions/openai-endpoint.ts";
import { checkModel } from "../check-model.ts";
import { HttpProvider } from "../http-provider.ts";
import { ProviderApi, segment } from "../provider-api.ts";
import type { Provider } from "../provider.ts";
import type { WireFormat } from "../wire-format.ts";
import { toWireRequest } from "../wire-request.ts";
import { OPENAI_FORMAT, type OpenAIOptions } from "./api.ts";
import { malformed } from "../errors.ts";
import { toCompletionOfEmbeddings } from "./embeddings.ts";
import { statedInCompletion, toCompletion } from "./response.ts";
import { statedInResponse, toCompletionOfResponse } from "./responses-answer.ts";
import { ResponseReader } from "./responses-stream.ts";
import { ChunkReader } from "./stream.ts";

/**
 * OpenAI's Chat Completions API, its Embeddings API and its Responses API, at OpenAI or at an
 * upstream of this name. The request decides which of them is called.
 */
export function createOpenAIProvider(options: OpenAIOptions, provider: ProviderName = "openai"): Provider {
  const now = options.now ?? Date.now;
  const api = new ProviderApi(OPENAI_FORMAT, options);
  const apis = {
    "chat/completions": new HttpProvider({ ...SHARED, ...CHAT, provider }, { ...options, now }),
    responses: new HttpProvider({ ...SHARED, ...RESPONSES, provider }, { ...options, now }),
    embeddings: new HttpProvider({ ...SHARED, ...EMBEDDINGS, provider }, { ...options, now }),
  };
  const apiFor = (request: CompletionRequest) =>
    apis[request.relay?.door === "embeddings" ? "embeddings" : endpointOf(request)];
  return {
    complete: async (request, call) => apiFor(request).complete(request, call),
    stream: async (request, call) => apiFor(request).stream(request, call),
    check: async (model, call) => checkModel({ provider, api, path: () => `/models/${segment(model)}`, now }, call),
  };
}

const SHARED: Pick<WireFormat, "toRequest" | "credentials" | "parse" | "errorOf"> = {
  ...OPENAI_FORMAT,
  toRequest: (request) => toWireRequest("openai", request),
  parse: (text) => JSON.parse(text) as unknown,
};

const CHAT: Omit<WireFormat, keyof typeof SHARED | "provider"> = {
  door: "chat",
  streaming: { stream: true, stream_options: { include_usage: true } },
  toCompletion,
  statedIn: statedInCompletion,
  reader: (model, provider, choices) => new ChunkReader(model, provider, choices),
};

const RESPONSES: Omit<WireFormat, keyof typeof SHARED | "provider"> = {
  door: "responses",
  streaming: { stream: true },
  toCompletion: toCompletionOfResponse,
  statedIn: statedInResponse,
  reader: (model, provider) => new ResponseReader(model, provider),
};

const EMBEDDINGS: Omit<WireFormat, keyof typeof SHARED | "provider"> = {
  door: "embeddings",
  streaming: {},
  toCompletion: toCompletionOfEmbeddings,
  statedIn: () => undefined,
  reader: (_model, provider) => {
    throw malformed(provider, "a stream of embeddings");
  },
};
