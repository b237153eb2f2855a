import { ConnectionError, PbtEdgeError, TimeoutError, errorOfResponse } from "./errors.ts";
import { type AnyRequest, IDEMPOTENT_POSTS, addressOf } from "./operations.ts";
import { isStillRunning, waitBeforeRetry } from "./retries.ts";

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
/**
 * What reads show where answers overlapped, so that nobody knows which of them is of the later
 * state. The server reads from its primaries then.
 */
const UNORDERED = "-";

/** Sends requests, and repeats those that failed where that does no harm. */
export class Transport {
  readonly #settings: TransportSettings;
  /** What the last answer to a write said, which reads show. */
  #bookmark: string | null = null;
  #bookmarks = 0;

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
      // What follows a redirect makes a GET of a POST, and sends the body to whoever is named.
      init: { method, headers, redirect: "manual", ...(body === undefined ? {} : { body: bodyText(body) }) },
      signal: request.signal,
      timeoutMs: request.timeoutMs ?? timeoutMs,
      maxRetries: retries,
      isRepeatable: method === "POST" ? key !== null && IDEMPOTENT_POSTS.has(operation) : !headers.has("if-match"),
      idempotencyKey: key,
    };
  }

  /**
   * Sends a request and reads its answer with `read`, as often as need be. A request that still runs
   * under the same key is no failure, so its answer is waited for as long as for any. Throws an
   * ApiError, a ConnectionError, or the reason of the caller's signal.
   */
  async send<T>(prepared: PreparedRequest, read: (response: Response) => Promise<T> | T): Promise<T> {
    const { signal, timeoutMs, maxRetries, isRepeatable } = prepared;
    for (let [retries, waited] = [0, 0]; ;) {
      try {
        return await this.#attempt(prepared, read);
      } catch (error) {
        signal?.throwIfAborted();
        const { longestWaitMs, random } = this.#settings;
        const ms = waitBeforeRetry({ error, retries, isRepeatable, longestWaitMs }, random());
        if (ms === null || maxRetries === 0) throw error;
        if (isStillRunning(error)) waited += ms;
        else retries += 1;
        if (waited > timeoutMs || retries > maxRetries) throw error;
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
      const before = this.#bookmarks;
      const response = await fetch(url, { ...init, headers, signal: ends });
      this.#keepBookmark(response.headers.get(BOOKMARK_HEADER), { isRead: init.method === "GET", before });
      refuseForeign(response, url);
      if (!response.ok) throw await errorOfResponse(response, now());
      return await read(response);
    } catch (error) {
      if (limit.signal.aborted) throw new TimeoutError(`no answer within ${timeoutMs} ms`, { cause: error });
      if (error instanceof PbtEdgeError) throw error;
      // Each platform's `fetch` throws errors of its own where the network fails.
      throw new ConnectionError(`the connection failed: ${reasonOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** `before` is how many bookmarks there had been when the request was sent. */
  #keepBookmark(told: string | null, { isRead, before }: { isRead: boolean; before: number }): void {
    const isOvertaken = this.#bookmarks !== before;
    if (told === null || (isOvertaken && isRead)) return;
    this.#bookmark = isOvertaken ? UNORDERED : told;
    this.#bookmarks += 1;
  }
}

/**
 * Throws where something else than the API answers: a page in its place, or a redirect, whose
 * status and address browsers hide.
 */
function refuseForeign(response: Response, url: string): void {
  const location = response.headers.get("location");
  if (response.status === 0 || (response.status >= 300 && response.status < 400 && location !== null)) {
    const to = location === null ? "elsewhere" : `to ${location}`;
    throw new PbtEdgeError(`${url} redirects ${to}: give the client the address that it leads to`);
  }
  if (response.ok && /^text\/html\b/.test(response.headers.get("content-type") ?? "")) {
    throw new ConnectionError(`${url} answers with a page of HTML, so no PBT Edge server is there`);
  }
}

/** What a platform's `fetch` says, with the reason that Node keeps in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? `${String(error)} (${code})` : String(error);
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

/** The text of an answer, byte for byte: `response.text()` leaves out a byte order mark. */
export async function readText(response: Response): Promise<string> {
  return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(await response.arrayBuffer());
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
