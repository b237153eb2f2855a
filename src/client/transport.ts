import { ConnectionError, PbtEdgeError, TimeoutError, errorOfResponse } from "./errors.ts";
import { type AnyRequest, IDEMPOTENT_POSTS, addressOf } from "./operations.ts";
import { waitBeforeRetry } from "./retries.ts";

/** What the transport needs of its surroundings. */
export interface TransportSettings {
  baseUrl: string;
  apiKey: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  timeoutMs: number;
  maxRetries: number;
  longestWaitMs: number;
  headers: Readonly<Record<string, string>>;
  now: () => number;
  random: () => number;
  /** Resolves after some ms, or rejects with the reason of the signal. */
  wait: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** A request as it is sent, the same each time. */
export interface PreparedRequest {
  url: string;
  init: RequestInit;
  signal: AbortSignal | undefined;
  timeoutMs: number;
  maxRetries: number;
  /** Whether sending it again does no harm where the first was carried out. */
  isRepeatable: boolean;
  idempotencyKey: string | null;
}

/** The header by which a read sees what its caller wrote before, though replicas may answer. */
const BOOKMARK_HEADER = "x-pbt-bookmark";

/** Sends requests, and repeats those that failed where that does no harm. */
export class Transport {
  readonly #settings: TransportSettings;
  /** What the last answer to a write said, which reads show. */
  #bookmark: string | null = null;

  constructor(settings: TransportSettings) {
    this.#settings = settings;
  }

  /** The longest wait of a call that sets none, in ms. */
  get timeoutMs(): number {
    return this.#settings.timeoutMs;
  }

  /** Waits some ms, or rejects with the reason of the signal. */
  async wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#settings.wait(ms, signal);
  }

  /** A request with its headers, its body and its `Idempotency-Key`, which all attempts share. */
  prepare(operation: string, request: AnyRequest): PreparedRequest {
    const { baseUrl, apiKey, headers: always, timeoutMs, maxRetries } = this.#settings;
    const { method, url } = addressOf(baseUrl, operation, request);
    const headers = new Headers({ ...always, ...request.headers, authorization: `Bearer ${apiKey}` });
    const { body } = request;
    if (body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
    const retries = request.maxRetries ?? maxRetries;
    // A key costs the server two more steps, so a call that is not repeated has none by itself.
    const mayRepeat = IDEMPOTENT_POSTS.has(operation) && retries > 0;
    const key = request.idempotencyKey ?? headers.get("idempotency-key") ?? (mayRepeat ? crypto.randomUUID() : null);
    if (key !== null) headers.set("idempotency-key", key);
    return {
      url,
      init: { method, headers, ...(body === undefined ? {} : { body: bodyText(body) }) },
      signal: request.signal,
      timeoutMs: request.timeoutMs ?? timeoutMs,
      maxRetries: retries,
      isRepeatable: method === "POST" ? key !== null && IDEMPOTENT_POSTS.has(operation) : !headers.has("if-match"),
      idempotencyKey: key,
    };
  }

  /**
   * Sends a request and reads its answer with `read`, as often as need be. Throws an ApiError, a
   * ConnectionError, or the reason of the caller's signal.
   */
  async send<T>(prepared: PreparedRequest, read: (response: Response) => Promise<T> | T): Promise<T> {
    const { signal, maxRetries, isRepeatable } = prepared;
    for (let retries = 0; ; retries += 1) {
      try {
        return await this.#attempt(prepared, read);
      } catch (error) {
        signal?.throwIfAborted();
        if (retries >= maxRetries) throw error;
        const { longestWaitMs, random } = this.#settings;
        const ms = waitBeforeRetry({ error, retries, isRepeatable, longestWaitMs }, random());
        if (ms === null) throw error;
        await this.wait(ms, signal);
      }
    }
  }

  async #attempt<T>(prepared: PreparedRequest, read: (response: Response) => Promise<T> | T): Promise<T> {
    const { url, init, signal, timeoutMs } = prepared;
    const { fetch, now } = this.#settings;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), timeoutMs);
    try {
      const ends = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
      const headers = new Headers(init.headers);
      const mayShow = init.method === "GET" && !headers.has(BOOKMARK_HEADER);
      if (mayShow && this.#bookmark !== null) headers.set(BOOKMARK_HEADER, this.#bookmark);
      const response = await fetch(url, { ...init, headers, signal: ends });
      this.#bookmark = response.headers.get(BOOKMARK_HEADER) ?? this.#bookmark;
      if (!response.ok) throw await errorOfResponse(response, now());
      return await read(response);
    } catch (error) {
      if (limit.signal.aborted) throw new TimeoutError(`no answer within ${timeoutMs} ms`, { cause: error });
      if (error instanceof PbtEdgeError) throw error;
      // Each platform's `fetch` throws errors of its own where the network fails.
      throw new ConnectionError(`the connection failed: ${String(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Text goes as it is, whatever its headers say it is; everything else as JSON. */
function bodyText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** The value of a JSON answer, the text of any other, nothing of an empty one. */
export async function readBody(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/.test(response.headers.get("content-type") ?? "");
  return isJson ? response.json() : response.text();
}

/** Waits by the platform's timer. */
export async function waitByTimer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    function stop() {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", stop, { once: true });
  });
}
