import type { IncomingHttpHeaders } from "node:http";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { Client } from "undici";

/** One request of a load: what to send, without the host. */
export interface LoadRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** A closed loop: each connection sends its next request when the last one is answered. */
export interface Drive {
  url: string;
  connections: number;
  durationMs: number;
  /** Ends after so many requests, where that is earlier. */
  count?: number;
  /** The n-th request of the run, counted over all connections. */
  request(n: number): LoadRequest;
  /** What a complete answer contains; any other answer is a failure. */
  answer: RegExp;
  /** For streams: what marks the first token in the body. */
  firstToken?: RegExp;
  /** Sees the headers of every answer. */
  onHeaders?(headers: IncomingHttpHeaders): void;
}

/** What a drive saw. */
export interface Driven {
  requests: number;
  failed: number;
  /** The first failure in words. */
  failure: string | null;
  /** From the first request to the last answer, milliseconds. */
  elapsedMs: number;
  /** Microseconds, of the answered ones. */
  latency: RecordableHistogram;
  /** Request sent to first token, microseconds; empty unless streamed. */
  ttft: RecordableHistogram;
}

const KEPT_FAILURE = 300;
/** No answer of a bounded bench takes this long; a target that hangs ends the run instead of holding it. */
const TIMEOUT_MS = 30_000;

/** Loads a server over keep-alive connections for a bounded time; requests under way at the end are waited for and counted. */
export async function drive(load: Drive): Promise<Driven> {
  const driven: Driven = {
    requests: 0,
    failed: 0,
    failure: null,
    elapsedMs: 0,
    latency: createHistogram(),
    ttft: createHistogram(),
  };
  const began = performance.now();
  const until = began + load.durationMs;
  const most = load.count ?? Infinity;
  let next = 0;
  const loop = async () => {
    const client = new Client(load.url, { pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
    while (performance.now() < until && next < most) await exchange(client, load, next++, driven);
    await client.close();
  };
  await Promise.all(Array.from({ length: load.connections }, loop));
  driven.elapsedMs = performance.now() - began;
  return driven;
}

/** One request and its whole answer. Never rejects: a failure is counted. */
async function exchange(client: Client, load: Drive, n: number, driven: Driven): Promise<void> {
  const request = load.request(n);
  const sent = performance.now();
  let status = 0;
  let text = "";
  let tokenAt: number | null = null;
  const fail = (words: string) => {
    driven.failed++;
    driven.failure ??= words.slice(0, KEPT_FAILURE);
  };
  await new Promise<void>((resolve) => {
    client.dispatch(
      { method: "POST", path: request.path, headers: request.headers, body: request.body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, code, headers) => {
          status = code;
          load.onHeaders?.(headers);
        },
        onResponseData: (_controller, chunk) => {
          text += chunk.toString("latin1");
          if (load.firstToken && tokenAt === null && load.firstToken.test(text)) tokenAt = performance.now();
        },
        onResponseEnd: () => {
          driven.requests++;
          if (status !== 200 || !load.answer.test(text)) fail(`${status} ${text}`);
          else {
            record(driven.latency, performance.now() - sent);
            if (tokenAt !== null) record(driven.ttft, tokenAt - sent);
          }
          resolve();
        },
        onResponseError: (_controller, error) => {
          driven.requests++;
          fail(error.message);
          resolve();
        },
      },
    );
  });
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1000)));
}
