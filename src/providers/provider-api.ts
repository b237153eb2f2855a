import { streamOf } from "../lib/stream-of.ts";
import type { Fetch } from "./egress.ts";
import { toConnectionError } from "./connection-error.ts";
import type { ProviderCall } from "./provider.ts";
import type { WireFormat } from "./wire-format.ts";
import { jsonIn } from "./wire.ts";

/** What all of a provider's API has in common: where the key is, and how an error looks. */
export type ApiFormat = Pick<WireFormat, "credentials" | "errorOf">;

/** A request that is no completion. `path` is below the base URL and may have a query. */
export interface ApiRequest {
  path: string;
  method?: "GET" | "POST" | "DELETE";
  headers?: Record<string, string>;
  body?: string | ReadableStream<Uint8Array>;
}

/**
 * A provider's models, files and batches. Every request is one attempt: the caller owns retries,
 * keys and time limits. Failures are the SDK's errors or the transport's; `classifyFailure` makes
 * AppErrors of them.
 */
export class ProviderApi {
  readonly #format: ApiFormat;
  readonly #baseUrl: string;
  readonly #fetch: Fetch;

  constructor(format: ApiFormat, { baseUrl, fetch }: { baseUrl: string; fetch: Fetch }) {
    this.#format = format;
    this.#baseUrl = baseUrl.replace(/\/$/, "");
    this.#fetch = fetch;
  }

  /** The response of a request that succeeded. Its body has not been read. */
  async open(request: ApiRequest, call: ProviderCall): Promise<Response> {
    const response = await this.send(request, call);
    if (response.ok) return response;
    throw this.errorOf(response, await response.text().catch(() => ""));
  }

  /** The response of a request, whatever its status. Its body has not been read. */
  async send(request: ApiRequest, { apiKey, signal, onActivity }: ProviderCall): Promise<Response> {
    const { path, method = "GET", body } = request;
    const json = typeof body === "string" && { "content-type": "application/json" };
    const headers = { ...HEADERS, ...json, ...this.#format.credentials(apiKey), ...request.headers };
    const init = { method, headers, body, signal };
    return this.#fetch(this.#baseUrl + path, init, onActivity).catch((error: unknown) => {
      throw toConnectionError(error);
    });
  }

  /** The error of a response that did not succeed, with its body as text. */
  errorOf({ status, headers }: Response, text: string): Error {
    return this.#format.errorOf(status, jsonIn(text), text, headers);
  }

  /** The JSON of a response, in the form that the provider documents: it is not checked. */
  async json<T>(request: ApiRequest, call: ProviderCall): Promise<T> {
    const response = await this.open(request, call);
    return JSON.parse(await response.text()) as T;
  }

  /** All objects of a list, newest first, page by page. `after` is the name of its cursor. */
  async *list<T extends { id: string }>(path: string, after: string, call: ProviderCall): AsyncGenerator<T> {
    for (let cursor = ""; ;) {
      const request = { path: `${path}?limit=${PAGE}${cursor}` };
      const { data = [], has_more } = await this.json<{ data?: T[]; has_more?: boolean }>(request, call);
      yield* data;
      const last = data.at(-1);
      if (!last || has_more === false) return;
      cursor = `&${after}=${encodeURIComponent(last.id)}`;
    }
  }
}

const HEADERS = { accept: "application/json", "user-agent": "pbt-edge" };
/** Objects on a page: the most that both providers give. */
const PAGE = 100;

/** A name or an id as one segment of a path, whatever it contains. */
export function segment(name: string): string {
  // `.` and `..` would be resolved away, and cannot be escaped.
  if (/^\.{0,2}$/.test(name)) throw new TypeError("a name that cannot be in a path");
  return encodeURIComponent(name).replaceAll("%3A", ":");
}

const encoder = new TextEncoder();

/** Texts as a body that is generated while it is sent. */
export function bodyOf(texts: AsyncIterable<string>): ReadableStream<Uint8Array> {
  return streamOf(texts, (text) => encoder.encode(text));
}
