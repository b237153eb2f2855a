import { readFileSync } from "node:fs";
import type { CompletionRequest, StreamPart } from "../../src/domain/completions/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { Fetch } from "../../src/providers/egress.ts";

/** A key whose text must never appear in an output. */
export const CANARY = "sk-canary-0123456789abcdef";

/** The bytes of a recorded response, such as `openai/stream.sse`. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(`${import.meta.dirname}/../fixtures/${name}`));
}

/** A request that an SDK sent. */
export interface SentRequest {
  url: string;
  method: string | undefined;
  headers: Record<string, string>;
  body: unknown;
}

/** A `fetch` that answers every call with `reply` and records the requests. */
export function fakeFetch(reply: (init: RequestInit) => Response | Promise<Response>): {
  fetch: Fetch;
  sent: SentRequest[];
} {
  const sent: SentRequest[] = [];
  const fetch: Fetch = async (input, init = {}) => {
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : init.body;
    sent.push({
      url: input instanceof Request ? input.url : String(input),
      method: init.method,
      headers: Object.fromEntries(new Headers(init.headers)),
      body,
    });
    return await reply(init);
  };
  return { fetch, sent };
}

/** A response whose body arrives in the given pieces. */
export function streamed(pieces: Uint8Array<ArrayBuffer>[], init: ResponseInit = {}): Response {
  const left = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = left.shift();
      if (next) controller.enqueue(next);
      else controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" }, ...init });
}

/** A response of server-sent events in one piece. */
export function events(name: string): Response {
  return streamed([fixture(name)]);
}

/** A JSON response. */
export function json(body: Uint8Array<ArrayBuffer> | string, init: ResponseInit = {}): Response {
  const headers = { "content-type": "application/json", ...Object.fromEntries(new Headers(init.headers)) };
  return new Response(body, { ...init, headers });
}

/** A request with some fields changed. */
export function request(changes: Partial<CompletionRequest>): CompletionRequest {
  const messages: CompletionRequest["messages"] = [{ role: "user", content: "Hello" }];
  return { provider: "openai", model: "gpt-4.1", messages, parameters: {}, ...changes };
}

/** The key and signal of a call. */
export function call(signal: AbortSignal = new AbortController().signal): { apiKey: string; signal: AbortSignal } {
  return { apiKey: CANARY, signal };
}

/** All parts of a stream. */
export async function collect(parts: AsyncIterable<StreamPart>): Promise<StreamPart[]> {
  const all: StreamPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

/** The AppError that a call throws. Anything else fails the test. */
export async function failure(work: () => Promise<unknown>): Promise<AppError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("The call was to fail and did not.");
}
