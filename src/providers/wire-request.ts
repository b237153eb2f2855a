import type { BuiltInProvider, CompletionRequest } from "../domain/completions/completion.ts";
import { toAnthropicRequest } from "./anthropic/request.ts";
import { toSentRequest } from "./openai/sent-request.ts";

/**
 * A request as a provider is sent it: the path below its base URL, its own headers, and the body of
 * a whole answer.
 */
export interface WireRequest {
  path: string;
  headers: Record<string, string>;
  body: object;
}

/**
 * The request in the wire format of a provider. Throws AppError `validation_error` for content that
 * its API does not take.
 */
export function toWireRequest(wire: BuiltInProvider, request: CompletionRequest): WireRequest {
  if (wire === "anthropic") return { path: "/v1/messages", ...toAnthropicRequest(request) };
  const { endpoint, body } = toSentRequest(request);
  return { path: `/${endpoint}`, headers: {}, body };
}
