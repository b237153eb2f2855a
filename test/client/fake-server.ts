import { PbtEdge, type ClientOptions } from "../../src/client/index.ts";

/** A request as the fake server saw it. */
export interface SeenRequest {
  method: string;
  path: string;
  key: string | null;
  headers: Headers;
  body: string | undefined;
  redirect: string | undefined;
}

/** A client before a server that gives these answers one after the other, and the last again. */
export function clientOf(
  answers: readonly (() => Response | Promise<Response>)[],
  options: Partial<ClientOptions> = {},
) {
  const seen: SeenRequest[] = [];
  const waits: number[] = [];
  const client = new PbtEdge({
    baseUrl: "https://edge.example/",
    apiKey: "pbt_test_key",
    fetch: async (url, { method = "", headers, body, signal, redirect }) => {
      signal?.throwIfAborted();
      const sent = new Headers(headers);
      const { pathname, search } = new URL(url);
      const key = sent.get("idempotency-key");
      seen.push({ method, path: pathname + search, key, headers: sent, body: body as string | undefined, redirect });
      const answer = answers[Math.min(seen.length, answers.length) - 1];
      if (!answer) throw new Error("no answer is left");
      return answer();
    },
    clock: {
      now: () => Date.UTC(2026, 10, 26, 12),
      wait: async (ms, signal) => {
        waits.push(ms);
        signal?.throwIfAborted();
      },
    },
    ...options,
  });
  return { client, seen, waits };
}

/** An answer with JSON. */
export function json(body: unknown, status = 200, headers: Record<string, string> = {}): () => Response {
  return () => Response.json(body, { status, headers });
}

/** An error as the API tells it. */
export function problem(code: string, status: number, headers: Record<string, string> = {}, more: object = {}) {
  const body = { type: "about:blank", title: code, status, detail: `It is ${code}.`, code, request_id: "r1", ...more };
  return () =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/problem+json", ...headers } });
}

/** An answer whose body comes in these pieces and then ends, or breaks off. */
export function pieces(texts: readonly string[], { breaks = false } = {}): () => Response {
  return () => {
    const encoder = new TextEncoder();
    const left = [...texts];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const text = left.shift();
        if (text !== undefined) controller.enqueue(encoder.encode(text));
        else if (breaks) controller.error(new TypeError("terminated"));
        else controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}
