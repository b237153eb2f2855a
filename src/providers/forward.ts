import type { ProviderName } from "../domain/completions/completion.ts";
import type { Fetch } from "./egress.ts";
import { classifyFailure, contextOf } from "./errors.ts";
import { type ApiFormat, ProviderApi } from "./provider-api.ts";
import type { ProviderCall } from "./provider.ts";
import { relayedErrorBody } from "./relay.ts";

/** A request of a client that costs nothing, such as for a model: it is sent on as it is. */
export interface ForwardedRequest {
  method: "GET" | "POST" | "DELETE";
  /** Below the provider's base URL, with its query. */
  path: string;
  headers?: Record<string, string>;
  /** JSON. */
  body?: string;
}

/** The provider's answer: a 2xx, or a status by which it says that the request is at fault. */
export interface ForwardedReply {
  status: number;
  /** JSON, as the provider sent it. */
  body: string;
}

/**
 * Sends requests on to a provider, one attempt each. Every other failure than those of
 * {@link ForwardedReply} is thrown as an AppError, as those of a `Provider` are.
 */
export type Forward = (request: ForwardedRequest, call: ProviderCall) => Promise<ForwardedReply>;

/** Builds {@link Forward} for a server. `now` is epoch milliseconds. */
export function createForward(
  format: ApiFormat,
  provider: ProviderName,
  { baseUrl, fetch, now = Date.now }: { baseUrl: string; fetch: Fetch; now?: () => number },
): Forward {
  const api = new ProviderApi(format, { baseUrl, fetch });
  return async function forward(request, call) {
    try {
      const response = await api.send(request, call);
      const { status } = response;
      const text = await response.text();
      if (response.ok) return { status, body: text };
      const body = relayedErrorBody(status, text, call);
      if (body !== undefined) return { status, body };
      throw api.errorOf(response, text);
    } catch (error) {
      throw classifyFailure(error, contextOf(provider, call, now()));
    }
  };
}
