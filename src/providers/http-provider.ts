import { APIError } from "openai/error";
import type { CompletionRequest, StreamPart } from "../domain/completions/completion.ts";
import { UnusableAnswer } from "../domain/completions/unusable-answer.ts";
import type { AppError } from "../domain/errors.ts";
import type { RateLimitFacts } from "../domain/rate-limit-facts.ts";
import { type SseEvent, SseParser } from "../lib/sse-parser.ts";
import { toConnectionError } from "./connection-error.ts";
import { type Fetch, openResponse } from "./egress.ts";
import { abortError, classifyFailure, contextOf, errorInBody, type FailureContext, malformed } from "./errors.ts";
import type { Provider, ProviderCall, ProviderCompletion, ProviderStream } from "./provider.ts";
import { parseRateLimits } from "./rate-limit.ts";
import { readPieces, readText, type Reading } from "./response-pieces.ts";
import { joinTexts } from "./join-texts.ts";
import type { StreamReader, WireFormat } from "./wire-format.ts";
import type { WireRequest } from "./wire-request.ts";
import { jsonIn, recordOr } from "./wire.ts";

/**
 * Where a provider is, and how to reach it. `now` is epoch milliseconds, for `retry-after` dates.
 */
export interface HttpOptions {
  baseUrl: string;
  fetch: Fetch;
  now: () => number;
}

/**
 * How long a stream that has said why its answer ended may stay open, in ms: for the counts, which
 * come at once where a server sends any.
 */
const REST_MS = 2_000;

/** A response with a 2xx status, whose body has not been read. */
interface Opened {
  response: Response;
  reading: Reading;
  limits: RateLimitFacts | undefined;
}

/**
 * Completions over HTTP in one wire format. It does what the providers' SDKs would do for these two
 * calls, which all executions make, at a fifth of their CPU: one attempt, without retries, and
 * with their error classes. Errors inside a 200, broken streams and bodies that are no event stream
 * all become AppErrors. Answers and errors carry the limits of the key from the headers.
 */
export class HttpProvider implements Omit<Provider, "check"> {
  readonly #format: WireFormat;
  readonly #options: HttpOptions;

  constructor(format: WireFormat, options: HttpOptions) {
    this.#format = format;
    this.#options = options;
  }

  async complete(request: CompletionRequest, call: ProviderCall): Promise<ProviderCompletion> {
    return this.#exchange(call, this.#format.toRequest(request), async ({ response, reading, limits }) => {
      const body = this.#format.parse(await readText(response.body, reading));
      const error = errorInBody(body, response.headers, this.#contextOf(call));
      if (error) throw this.#unusable(error, body, request);
      const completion = this.#format.toCompletion(body, request.model, this.#format.provider);
      return limits ? { ...completion, limits } : completion;
    });
  }

  async stream(request: CompletionRequest, call: ProviderCall): Promise<ProviderStream> {
    const whole = this.#format.toRequest(request);
    const streamed = { ...whole, body: { ...whole.body, ...this.#format.streaming } };
    return this.#exchange(call, streamed, async ({ response, reading, limits }) => {
      await this.#assertEventStream(response, reading, call, request);
      const reader = this.#format.reader(request.model, this.#format.provider);
      return Object.assign(this.#partsOf(response, reading, reader, call), { limits });
    });
  }

  /** Sends a request and reads its response. A failure after the headers carries their limits. */
  async #exchange<T>(call: ProviderCall, request: WireRequest, read: (opened: Opened) => Promise<T>): Promise<T> {
    let limits: RateLimitFacts | undefined;
    try {
      const { response, maxBytes } = await this.#send(call, request);
      const reading = { maxBytes, signal: call.signal, onActivity: call.onActivity };
      const told = parseRateLimits(response.headers, this.#options.now());
      limits = Object.keys(told).length > 0 ? told : undefined;
      if (!response.ok) throw await this.#errorOf(response, reading);
      return await read({ response, reading, limits });
    } catch (error) {
      throw classifyFailure(error, this.#contextOf(call), limits);
    }
  }

  async #send({ apiKey, signal, onActivity }: ProviderCall, { path, headers, body }: WireRequest) {
    const { baseUrl, fetch } = this.#options;
    const init = {
      method: "POST",
      headers: { ...HEADERS, ...this.#format.credentials(apiKey), ...headers },
      body: JSON.stringify(body),
      signal,
    };
    const url = baseUrl.endsWith("/") ? baseUrl.slice(0, -1) + path : baseUrl + path;
    try {
      return await openResponse(fetch, url, init, onActivity);
    } catch (error) {
      throw toConnectionError(error);
    }
  }

  /**
   * The error of a response that is no 2xx. Its status counts even if its body breaks off, with the
   * words that came until then.
   */
  async #errorOf(response: Response, reading: Reading): Promise<Error> {
    const text = await readText(response.body, { ...reading, isWhole: () => true }).catch(() => "");
    return this.#format.errorOf(response.status, jsonIn(text), text, response.headers);
  }

  /**
   * Throws if a 200 that should be an event stream is something else: the error in a JSON body if
   * there is one. A response without a content type counts as a stream.
   */
  async #assertEventStream(
    response: Response,
    reading: Reading,
    call: ProviderCall,
    request: CompletionRequest,
  ): Promise<void> {
    const type = response.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    if (type === "" || type === "text/event-stream") return;
    const { provider } = this.#format;
    if (type === "application/json") {
      const body: unknown = JSON.parse(await readText(response.body, reading));
      const error = errorInBody(body, response.headers, this.#contextOf(call));
      throw this.#unusable(error ?? malformed(provider, "JSON instead of a stream"), body, request);
    }
    await response.body?.cancel();
    throw malformed(provider, "something else than a stream");
  }

  /** The error of an answer, with what it counts all the same. */
  #unusable(error: AppError, body: unknown, { model }: CompletionRequest): AppError {
    const stated = this.#format.statedIn(body, model);
    return stated ? new UnusableAnswer(error, stated) : error;
  }

  /**
   * The parts of a stream. Throws an AppError for whatever breaks it before the answer is whole, so
   * that a cut answer never looks whole. Texts that come in one piece are one part. A server that
   * says more of its answer after the reason, as some state one with each piece, ends with its
   * body.
   */
  async *#partsOf(
    { body, headers }: Response,
    reading: Reading,
    reader: StreamReader,
    call: ProviderCall,
  ): AsyncGenerator<StreamPart> {
    const decoder = new TextDecoder();
    const parser = new SseParser();
    let goesOn = false;
    const isWhole = () => reader.isWhole && !goesOn;
    try {
      for await (const piece of readPieces(body, { ...reading, isWhole, restMs: REST_MS })) {
        const seemedWhole = isWhole();
        const said = readEvents(parser.push(decoder.decode(piece, { stream: true })), reader, headers);
        goesOn ||= seemedWhole && said.parts.some(({ type }) => type !== "usage");
        yield* joinTexts(said.parts);
        if (said.failure) throw said.failure.error;
        if (said.isOver) break;
      }
      yield* reader.end();
    } catch (error) {
      const context = this.#contextOf(call);
      throw call.signal.aborted ? abortError(context) : classifyFailure(error, context);
    }
  }

  #contextOf(call: ProviderCall): FailureContext {
    return contextOf(this.#format.provider, call, this.#options.now());
  }
}

/** The headers that every call has. */
const HEADERS = { accept: "application/json", "content-type": "application/json", "user-agent": "pbt-edge" };

/** What the events of one piece say, up to the first that fails. */
interface Said {
  parts: StreamPart[];
  failure?: { error: unknown };
  /** Whether the answer is over, though the connection may stay open. */
  isOver: boolean;
}

/**
 * Reads events up to `[DONE]`. A ping keeps the connection open whatever is in it, and so does an
 * empty `data:` of a compatible server. The words of an error need not be JSON.
 */
function readEvents(events: readonly SseEvent[], reader: StreamReader, headers: Headers): Said {
  const parts: StreamPart[] = [];
  try {
    for (const { event, data } of events) {
      if (data.startsWith("[DONE]")) return { parts, isOver: true };
      if (event === "ping" || data.trim() === "") continue;
      const said: unknown = event === "error" ? (jsonIn(data) ?? { message: data }) : JSON.parse(data);
      const { error, type } = recordOr(said);
      if (type === "error" || event === "error" || error) {
        throw new APIError(undefined, Object(error ?? said), undefined, headers);
      }
      for (const part of reader.read(said)) parts.push(part);
      if (reader.isOver) return { parts, isOver: true };
    }
    return { parts, isOver: false };
  } catch (error) {
    return { parts, failure: { error }, isOver: true };
  }
}
