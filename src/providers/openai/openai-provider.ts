import type { APIPromise } from "openai/core/api-promise";
import type { CompletionRequest, ProviderName } from "../../domain/completions/completion.ts";
import { endpointOf } from "../../domain/completions/openai-endpoint.ts";
import type { Provider, ProviderCall } from "../provider.ts";
import { type SdkCalls, SdkProvider } from "../sdk-provider.ts";
import { openAIClient, type OpenAIOptions } from "./client.ts";
import { chunksOf } from "./chunks.ts";
import { toOpenAIRequest } from "./request.ts";
import { toCompletion } from "./response.ts";
import { statedInResponse, toCompletionOfResponse } from "./responses-answer.ts";
import { toResponsesRequest } from "./responses-request.ts";
import { toPartsOfResponse } from "./responses-stream.ts";
import { toStreamParts } from "./stream.ts";

/**
 * OpenAI's Chat Completions API and its Responses API through its SDK, at OpenAI or at an upstream
 * of this name. The request decides which of them is called.
 */
export function createOpenAIProvider(options: OpenAIOptions, provider: ProviderName = "openai"): Provider {
  const apis = {
    "chat/completions": new SdkProvider(chatCalls(options, provider)),
    responses: new SdkProvider(responsesCalls(options, provider)),
  };
  const apiFor = (request: CompletionRequest) => apis[endpointOf(request)];
  return {
    complete: async (request, call) => apiFor(request).complete(request, call),
    stream: async (request, call) => apiFor(request).stream(request, call),
    check: async (model, call) => apis["chat/completions"].check(model, call),
  };
}

function chatCalls(options: OpenAIOptions, provider: ProviderName): SdkCalls {
  return {
    ...sharedCalls(options, provider),
    toCompletion,
    toStreamParts,
    async whole(request, call) {
      const { chat } = await openAIClient(options, call);
      return { sent: chat.completions.create(toOpenAIRequest(request), { signal: call.signal }) };
    },
    async streamed(request, call) {
      const body = { ...toOpenAIRequest(request), stream: true as const, stream_options: { include_usage: true } };
      const { chat } = await openAIClient(options, call);
      return sentForChunks(chat.completions.create(body, { signal: call.signal }));
    },
  };
}

function responsesCalls(options: OpenAIOptions, provider: ProviderName): SdkCalls {
  return {
    ...sharedCalls(options, provider),
    toCompletion: toCompletionOfResponse,
    toStreamParts: toPartsOfResponse,
    statedIn: statedInResponse,
    async whole(request, call) {
      const client = await openAIClient(options, call);
      // `responses.create` would read the body before us, and lose one that is not as expected.
      return { sent: client.post("/responses", { body: toResponsesRequest(request), signal: call.signal }) };
    },
    async streamed(request, call) {
      const { responses } = await openAIClient(options, call);
      const body = { ...toResponsesRequest(request), stream: true as const };
      return sentForChunks(responses.create(body, { signal: call.signal }));
    },
  };
}

function sharedCalls(options: OpenAIOptions, provider: ProviderName): Pick<SdkCalls, "provider" | "now" | "model"> {
  return {
    provider,
    now: options.now ?? Date.now,
    async model(name: string, call: ProviderCall) {
      const { models } = await openAIClient(options, call);
      return { sent: models.retrieve(name, { signal: call.signal }) };
    },
  };
}

/** A request for a stream, whose events are read by {@link chunksOf} and not by the SDK. */
function sentForChunks(request: APIPromise<unknown>) {
  const response = request.asResponse();
  const chunks = response.then(chunksOf);
  // Whoever awaits the response learns of a failure.
  chunks.catch(() => undefined);
  return { sent: Object.assign(chunks, { asResponse: async () => response }) };
}
