import { isCallable } from "../domain/callable-address.ts";
import { OversizedAnswer } from "../domain/completions/oversized-answer.ts";
import { AppError } from "../domain/errors.ts";
import { LruMap } from "../lib/lru-map.ts";

/**
 * A `fetch` as {@link createEgressFetch} returns it. That calls `onActivity` for the headers and
 * for every piece of a body that arrives.
 */
export interface Fetch {
  (input: string | URL | Request, init?: RequestInit, onActivity?: () => void): Promise<Response>;
  /** Behind egress rules: the response itself, for {@link openResponse}. */
  open?: (input: string | URL | Request, init?: RequestInit) => Promise<OpenResponse>;
}

/** A response whose body the caller reads within the limit. */
export interface OpenResponse {
  response: Response;
  maxBytes: number;
}

/**
 * Calls a `fetch` for a caller that reads the body with `readPieces`, which counts and watches it:
 * without a stream and copied headers in between.
 */
export async function openResponse(
  fetch: Fetch,
  url: string,
  init: RequestInit,
  onActivity?: () => void,
): Promise<OpenResponse> {
  const opened = fetch.open
    ? await fetch.open(url, init)
    : { response: await fetch(url, init), maxBytes: MAX_RESPONSE_BYTES };
  onActivity?.();
  return opened;
}

/** Default limit of a response body, in bytes: 16 MiB. */
export const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/**
 * The request headers that are sent. All others are dropped.
 */
const SENT_HEADERS = new Set([
  "accept",
  "anthropic-beta",
  "openai-beta",
  "anthropic-version",
  "authorization",
  "content-type",
  "user-agent",
  "x-api-key",
]);

/** The headers of a trace (W3C Trace Context). */
const TRACE_HEADERS = new Set(["traceparent", "tracestate"]);
/**
 * The public endpoints of the providers are told of no trace: they record nothing for us, and the
 * ids would only let them link requests of ours. Upstreams, and servers that stand in for a
 * provider, belong to whoever reads the trace.
 */
const UNTRACED_ORIGINS = new Set(["https://api.openai.com", "https://api.anthropic.com"]);

/** Headers that no longer describe the body, which is decoded and may be cut. */
const STALE_HEADERS = ["content-encoding", "content-length"];

/** Addresses that an isolate remembers for a provider. */
const KNOWN_URLS = 100;

const HALF_DUPLEX = { duplex: "half" };

/**
 * The egress rules: the origins that may be called, and the bytes of a response that may be read.
 */
export interface EgressOptions {
  allowedOrigins: readonly string[];
  fetch: Fetch;
  maxResponseBytes?: number;
  /**
   * Headers of an upstream, sent in place of the wire format's own. Their names are checked
   * elsewhere.
   */
  headers?: Readonly<Record<string, string>>;
}

/**
 * A `fetch` that reaches only the given origins: exact match of scheme, host and port; https, or
 * http on a loopback address; no user info. It follows no redirect, so credentials never go to
 * another host. It counts the body while it streams, and at the limit gives the reader an AppError
 * and cancels the upstream, so memory holds only the current chunk. The signal of the request also
 * aborts the body, whatever the platform's `fetch` does with it.
 * Throws AppError: `internal_error` for a wrong allow-list, `provider_error` otherwise.
 */
export function createEgressFetch({
  allowedOrigins,
  fetch,
  maxResponseBytes = MAX_RESPONSE_BYTES,
  headers: own = {},
}: EgressOptions): Fetch {
  const checkUrl = createUrlCheck(new Set(allowedOrigins.map(checkedOrigin)));
  const open = async (input: string | URL | Request, init: RequestInit = {}): Promise<OpenResponse> => {
    if (typeof input !== "string" && !(input instanceof URL)) throw refused("a Request object instead of a URL");
    const url = checkUrl(String(input));
    const { method, body, signal } = init;
    const sent = { method, body, signal, headers: sentHeaders(init, own, url), redirect: "manual" as const };
    // The Fetch standard requires `duplex` for a streamed body: the response is awaited only after
    // it.
    const response = await fetch(url.href, body instanceof ReadableStream ? { ...sent, ...HALF_DUPLEX } : sent);
    const fault = responseFault(response, url, maxResponseBytes);
    if (fault) {
      await discard(response);
      throw fault;
    }
    return { response, maxBytes: maxResponseBytes };
  };
  const egressFetch: Fetch = async (input, init = {}, onActivity) => {
    const { response } = await open(input, init);
    onActivity?.();
    return capped(response, maxResponseBytes, init.signal ?? undefined, onActivity);
  };
  return Object.assign(egressFetch, { open });
}

function checkedOrigin(origin: string): string {
  const url = URL.parse(origin);
  if (url === null || url.origin !== origin || !isCallable(url)) {
    throw new AppError("internal_error", `Not an origin that may be called: ${origin}`);
  }
  return origin;
}

/** Checks an address. The few that are called again and again are remembered. */
function createUrlCheck(origins: ReadonlySet<string>): (input: string) => URL {
  const known = new LruMap<string, URL>({ maxEntries: KNOWN_URLS });
  return (input) => {
    let url = known.get(input);
    if (url === undefined) known.set(input, (url = allowedUrl(input, origins)));
    return url;
  };
}

function allowedUrl(input: string, origins: ReadonlySet<string>): URL {
  const url = URL.parse(input);
  if (url === null) throw refused("an address that is not a URL");
  if (url.username !== "" || url.password !== "") throw refused("an address with user info");
  if (!isCallable(url) || !origins.has(url.origin)) throw refused(`an address outside the allow-list (${url.origin})`);
  return url;
}

function headersIn(headers: RequestInit["headers"]): Iterable<[string, string]> {
  if (headers instanceof Headers) return headers;
  // A plain object needs no copy. Its values are checked by the platform's `fetch`.
  if (headers !== undefined && !(Symbol.iterator in headers)) return Object.entries(headers);
  return new Headers(headers);
}

function sentHeaders(init: RequestInit, own: Readonly<Record<string, string>>, url: URL): Record<string, string> {
  const isTraced = !UNTRACED_ORIGINS.has(url.origin);
  const headers: Record<string, string> = {};
  for (const [name, value] of headersIn(init.headers)) {
    const lower = name.toLowerCase();
    if (SENT_HEADERS.has(lower) || (isTraced && TRACE_HEADERS.has(lower))) headers[lower] = value;
  }
  for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = value;
  return headers;
}

function responseFault(response: Response, url: URL, maxBytes: number): AppError | undefined {
  const { status, redirected } = response;
  const type: string = response.type;
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) return refused("a redirect");
  const isElsewhere =
    response.url !== "" && response.url !== url.href && URL.parse(response.url)?.origin !== url.origin;
  if (redirected || isElsewhere) {
    return refused("an answer from another address");
  }
  if (Number(response.headers.get("content-length") ?? 0) > maxBytes) return new OversizedAnswer(maxBytes);
  return undefined;
}

async function discard(response: Response): Promise<void> {
  try {
    await response.body?.cancel();
  } catch {
    // The connection is no longer needed, so it does not matter how it ends.
  }
}

function capped(
  response: Response,
  maxBytes: number,
  signal: AbortSignal | undefined,
  onActivity: (() => void) | undefined,
): Response {
  const headers = new Headers(response.headers);
  for (const name of STALE_HEADERS) headers.delete(name);
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onActivity?.();
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new OversizedAnswer(maxBytes);
      controller.enqueue(chunk);
    },
  });
  const body = response.body === null ? null : response.body.pipeThrough(counter, { signal });
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}

function refused(what: string): AppError {
  return new AppError("provider_error", `The egress rules refuse ${what}.`);
}
