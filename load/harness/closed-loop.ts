import type { IncomingHttpHeaders } from "node:http";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { Client } from "undici";

/** A POST request of a load, without the host. */
export interface LoadRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** A closed loop: each connection sends its next request when the previous one is answered. */
export interface ClosedLoop {
  url: string;
  connections: number;
  durationMs: number;
  /** The largest number of requests; without limit when absent. */
  count?: number;
  /** Makes the n-th request of the run, counted over all connections. */
  request(n: number): LoadRequest;
  /** Matches every complete answer; an answer that it does not match is a failure. */
  answer: RegExp;
  /** Matches the first token of a streamed answer. */
  firstToken?: RegExp;
  /** Receives the headers of every answer. */
  onHeaders?(headers: IncomingHttpHeaders): void;
}

/** The measurements of a closed loop. */
export interface ClosedLoopResult {
  requests: number;
  failed: number;
  /** The beginning of the first failed answer, or its error. */
  failure: string | null;
  /** From the first request to the last answer, milliseconds. */
  elapsedMs: number;
  /** Of complete answers, microseconds. */
  latency: RecordableHistogram;
  /** From the request to the first token, microseconds; empty without `firstToken`. */
  ttft: RecordableHistogram;
}

const KEPT_FAILURE = 300;
/** A server that hangs ends the run after this time. */
const TIMEOUT_MS = 30_000;

/**
 * Loads a server over keep-alive connections for a limited time. Requests that are in flight at the
 * end are awaited and counted.
 */
export async function runClosedLoop(loop: ClosedLoop): Promise<ClosedLoopResult> {
  const result: ClosedLoopResult = {
    requests: 0,
    failed: 0,
    failure: null,
    elapsedMs: 0,
    latency: createHistogram(),
    ttft: createHistogram(),
  };
  const began = performance.now();
  const until = began + loop.durationMs;
  const count = loop.count ?? Infinity;
  let next = 0;
  const runConnection = async () => {
    const client = new Client(loop.url, { pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
    while (performance.now() < until && next < count) await exchange(client, loop, next++, result);
    await client.close();
  };
  await Promise.all(Array.from({ length: loop.connections }, runConnection));
  result.elapsedMs = performance.now() - began;
  return result;
}

/** Sends one request and reads its whole answer. Never rejects: a failure is counted. */
async function exchange(client: Client, loop: ClosedLoop, n: number, result: ClosedLoopResult): Promise<void> {
  const request = loop.request(n);
  const sent = performance.now();
  let status = 0;
  let text = "";
  let tokenAt: number | null = null;
  const fail = (failure: string) => {
    result.failed++;
    result.failure ??= failure.slice(0, KEPT_FAILURE);
  };
  await new Promise<void>((resolve) => {
    client.dispatch(
      { method: "POST", path: request.path, headers: request.headers, body: request.body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_controller, code, headers) => {
          status = code;
          loop.onHeaders?.(headers);
        },
        onResponseData: (_controller, chunk) => {
          text += chunk.toString("latin1");
          if (loop.firstToken && tokenAt === null && loop.firstToken.test(text)) tokenAt = performance.now();
        },
        onResponseEnd: () => {
          result.requests++;
          if (status !== 200 || !loop.answer.test(text)) fail(`${status} ${text}`);
          else {
            record(result.latency, performance.now() - sent);
            if (tokenAt !== null) record(result.ttft, tokenAt - sent);
          }
          resolve();
        },
        onResponseError: (_controller, error) => {
          result.requests++;
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
