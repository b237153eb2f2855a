import { APIError } from "@anthropic-ai/sdk/error";
import { Models } from "@anthropic-ai/sdk/resources/models";
import type { ProviderName } from "../../domain/completions/completion.ts";
import { parseExact } from "../../lib/ordered-json.ts";
import { checkModel } from "../check-model.ts";
import { HttpProvider } from "../http-provider.ts";
import type { Provider } from "../provider.ts";
import type { WireFormat } from "../wire-format.ts";
import { toWireRequest } from "../wire-request.ts";
import { anthropicClient, type AnthropicOptions } from "./client.ts";
import { statedInMessage, toCompletion } from "./response.ts";
import { MessageReader } from "./stream.ts";

/** The API version of the SDK, whose types the requests have. */
const API_VERSION = "2026-10-21";

/**
 * Anthropic's Messages API, at Anthropic or at an upstream of this name. Models are checked through
 * the SDK.
 */
export function createAnthropicProvider(options: AnthropicOptions, provider: ProviderName = "anthropic"): Provider {
  const now = options.now ?? Date.now;
  const messages = new HttpProvider({ ...MESSAGES, provider }, { ...options, now });
  return {
    complete: async (request, call) => messages.complete(request, call),
    stream: async (request, call) => messages.stream(request, call),
    check: async (model, call) =>
      checkModel(provider, call, now, () => ({
        sent: new Models(anthropicClient(options, call)).retrieve(model, {}, { signal: call.signal }),
      })),
  };
}

const MESSAGES: Omit<WireFormat, "provider"> = {
  toRequest: (request) => toWireRequest("anthropic", request),
  streaming: { stream: true },
  credentials: (apiKey) => ({
    "anthropic-version": API_VERSION,
    ...(apiKey !== "" && { authorization: `Bearer ${apiKey}` }),
  }),
  // The input of tools keeps the digits of its numbers.
  parse: parseExact,
  errorOf: (status, body, text, headers) => APIError.generate(status, body, body ? undefined : text, headers),
  toCompletion,
  statedIn: statedInMessage,
  reader: (model, provider) => new MessageReader(model, provider),
};
