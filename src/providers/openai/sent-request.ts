import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import type { CompletionRequest } from "../../domain/completions/completion.ts";
import { endpointOf } from "../../domain/completions/openai-endpoint.ts";
import { toOpenAIRequest } from "./request.ts";
import { toResponsesRequest } from "./responses-request.ts";

/** A request as OpenAI is sent it: the API, and its body. */
export type SentRequest =
  | { endpoint: "chat/completions"; body: ChatCompletionCreateParamsNonStreaming }
  | { endpoint: "responses"; body: ResponseCreateParamsNonStreaming };

/**
 * The request in the form of the API that it is made through. Throws AppError `validation_error`.
 */
export function toSentRequest(request: CompletionRequest): SentRequest {
  const endpoint = endpointOf(request);
  if (endpoint === "responses") return { endpoint, body: toResponsesRequest(request) };
  return { endpoint, body: toOpenAIRequest(request) };
}
