import type { ProviderName } from "../../domain/completions/completion.ts";
import { parseExact } from "../../lib/ordered-json.ts";
import { checkModel } from "../check-model.ts";
import { HttpProvider } from "../http-provider.ts";
import { ProviderApi, segment } from "../provider-api.ts";
import type { Provider } from "../provider.ts";
import type { WireFormat } from "../wire-format.ts";
import { toWireRequest } from "../wire-request.ts";
import { ANTHROPIC_FORMAT, type AnthropicOptions } from "./api.ts";
import { statedInMessage, toCompletion } from "./response.ts";
import { MessageReader } from "./stream.ts";

/** Anthropic's Messages API, at Anthropic or at an upstream of this name. */
export function createAnthropicProvider(options: AnthropicOptions, provider: ProviderName = "anthropic"): Provider {
  const now = options.now ?? Date.now;
  const api = new ProviderApi(ANTHROPIC_FORMAT, options);
  const messages = new HttpProvider({ ...MESSAGES, provider }, { ...options, now });
  return {
    complete: async (request, call) => messages.complete(request, call),
    stream: async (request, call) => messages.stream(request, call),
    check: async (model, call) => checkModel({ provider, api, path: () => `/v1/models/${segment(model)}`, now }, call),
  };
}

const MESSAGES: Omit<WireFormat, "provider"> = {
  ...ANTHROPIC_FORMAT,
  door: "messages",
  toRequest: (request) => toWireRequest("anthropic", request),
  streaming: { stream: true },
  // The input of tools keeps the digits of its numbers.
  parse: parseExact,
  toCompletion,
  statedIn: statedInMessage,
  reader: (model, provider) => new MessageReader(model, provider),
};
