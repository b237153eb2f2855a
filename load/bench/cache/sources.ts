import { type LoadRequest, runClosedLoop } from "../../harness/closed-loop.ts";
import type { EdgeProcess } from "../../harness/edge.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import type { Target } from "../targets/target.ts";

/** Where an answer comes from: the bare proxy, or one cache tier of the runtime. */
export interface AnswerSource {
  name: string;
  url: string;
  /** The header `x-pbt-cache` of every answer; null where there is no such header. */
  cache: string | null;
  /** The n-th request of the run. */
  request(n: number): LoadRequest;
}

/** The prompt of this bench. */
export const DEFINITION = textPrompt("cache-bench");
/**
 * More answers than the memory of an isolate holds (1,000). Requested in turns, each is evicted as
 * the least recently used before its turn comes again.
 */
export const STORED = 1_150;
/** The first of the stored answers that the measurement of awaited calls requests, about 110. */
export const FIRST_AWAITED = 1_000;
/**
 * The first answer of the row `kv *`: behind those of the awaited calls, which are then evicted
 * from the counted isolate's memory before this row reaches them.
 */
const FIRST_KV = 1_110;

/** A deployment whose first isolate stored all answers, and whose second isolate is measured. */
export type WarmEdge = Pick<EdgeProcess, "urls" | "url" | "key">;

/** The text of the n-th stored answer's request. */
export function storedText(n: number): string {
  return `Stored question ${n % STORED}: what does an answer cost that was paid for before?`;
}

/** A request that executes the prompt with a text. `options` are further fields of its body. */
export function executionRequest(
  key: string,
  text: string,
  headers: Record<string, string> = {},
  options: object = {},
): LoadRequest {
  return {
    path: "/v1/executions",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ prompt: DEFINITION.name, variables: { text }, ...options }),
  };
}

/**
 * Stores all answers through the first isolate. The first request for an answer stores it in the
 * Cache API, the second in KV. Throws where a request fails.
 */
export async function storeAnswers({ url, key }: WarmEdge): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    let next = 0;
    const { failed, failure } = await runClosedLoop({
      url,
      connections: 16,
      durationMs: Infinity,
      count: STORED,
      request: () => executionRequest(key, storedText(next++)),
      answer: /\[mock /,
    });
    if (failed > 0) throw new Error(`${failed} answers could not be stored: ${failure}`);
  }
}

/**
 * All sources, the bare proxy first. `counted` is the deployment with the counted Worker, whose
 * Cache API can be emptied.
 */
export function sourcesOf(proxy: Target, plain: WarmEdge, counted: WarmEdge): AnswerSource[] {
  const plainUrl = plain.urls[1] ?? plain.url;
  const countedUrl = counted.urls[1] ?? counted.url;
  let nextEdge = 0;
  let nextKv = FIRST_KV;
  let fresh = 0;
  return [
    { name: "bare proxy", url: proxy.url, cache: null, request: (n) => proxy.request(storedText(n), "whole") },
    {
      name: "memory",
      url: plainUrl,
      cache: "hit; memory",
      request: () => executionRequest(plain.key, storedText(0)),
    },
    {
      name: "edge",
      url: plainUrl,
      cache: "hit; edge",
      request: () => executionRequest(plain.key, storedText(nextEdge++)),
    },
    {
      name: "kv *",
      url: countedUrl,
      cache: "hit; kv",
      request: () => executionRequest(counted.key, storedText(nextKv++), { "x-bench-edge": "off" }),
    },
    {
      name: "memory *",
      url: countedUrl,
      cache: "hit; memory",
      request: () => executionRequest(counted.key, storedText(0)),
    },
    {
      name: "miss",
      url: plainUrl,
      cache: "miss",
      request: () => executionRequest(plain.key, `Fresh question ${++fresh}: what is new?`),
    },
    {
      name: "cache: false",
      url: plainUrl,
      cache: "bypass",
      request: (n) => executionRequest(plain.key, storedText(n), {}, { cache: false }),
    },
  ];
}
