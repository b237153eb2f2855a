import type { ProviderName } from "../domain/completions/completion.ts";
import { toConnectionError } from "./connection-error.ts";
import type { Fetch } from "./egress.ts";
import { classifyFailure, contextOf } from "./errors.ts";
import type { ApiFormat } from "./provider-api.ts";
import type { ProviderCall } from "./provider.ts";
import { redactJson } from "./redact.ts";
import { isRelayedStatus } from "./relay.ts";
import { jsonIn } from "./wire.ts";

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
  return async function forward({ method, path, headers, body }, call) {
    const { apiKey, signal, upstream } = call;
    try {
      const sent = { ...HEADERS, ...(body !== undefined && JSON_TYPE), ...format.credentials(apiKey), ...headers };
      const init = { method, headers: sent, signal, ...(body !== undefined && { body }) };
      const response = await fetch(baseUrl.replace(/\/$/, "") + path, init).catch((error: unknown) => {
        throw toConnectionError(error);
      });
      const text = await response.text();
      if (response.ok) return { status: response.status, body: text };
      const told = redactJson(text, apiKey, ...Object.values(upstream?.headers ?? {}));
      if (isRelayedStatus(response.status) && jsonIn(text) && told !== undefined) {
        return { status: response.status, body: told };
      }
      throw format.errorOf(response.status, jsonIn(text), text, response.headers);
    } catch (error) {
      throw classifyFailure(error, contextOf(provider, call, now()));
    }
  };
}

const HEADERS = { accept: "application/json", "user-agent": "pbt-edge" };
const JSON_TYPE = { "content-type": "application/json" };
