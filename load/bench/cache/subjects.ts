import type { LoadRequest } from "../../harness/generator.ts";
import { drive } from "../../harness/generator.ts";
import type { Target } from "../targets/target.ts";
import type { EdgeProcess } from "../../harness/edge.ts";

/** Something to measure: the bare proxy, or the runtime answering from one place. */
export interface Subject {
  name: string;
  url: string;
  /** What `x-pbt-cache` has to say of every answer; null where nothing does. */
  called: string | null;
  /** The n-th request of the whole run. */
  request(n: number): LoadRequest;
}

/** The stored prompt that is executed. */
export const PROMPT = "cache-bench";
/** Its definition: temperature 0, so its answers are kept. */
export const DEFINITION = {
  name: PROMPT,
  model: "gpt-4o-mini",
  template: "{{ text }}",
  variables: { text: { type: "string", required: true } },
  settings: { temperature: 0, max_tokens: 200 },
};
/** More than an isolate's memory keeps: asked in turns, each has left the memory (least recently used) when its turn comes again. */
export const STORED = 1_150;

/** A deployment whose first isolate stored all answers, and whose second one is asked. */
export type Warm = Pick<EdgeProcess, "urls" | "url" | "key">;

/** The text of the n-th stored answer. */
export function storedText(n: number): string {
  return `Stored question ${n % STORED}: what does an answer cost that was paid for before?`;
}

/** A request of the prompt. */
export function ask(key: string, text: string, headers: Record<string, string> = {}, more: object = {}): LoadRequest {
  return {
    path: "/v1/executions",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ prompt: PROMPT, variables: { text }, ...more }),
  };
}

/** Stores all answers through the first isolate: in the Cache API at the first asking, in KV at the second. Throws where one is not answered. */
export async function store({ url, key }: Warm): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    let next = 0;
    const { failed, failure } = await drive({
      url,
      connections: 16,
      durationMs: Infinity,
      count: STORED,
      request: () => ask(key, storedText(next++)),
      answer: /\[mock /,
    });
    if (failed > 0) throw new Error(`${failed} answers could not be stored: ${failure}`);
  }
}

/** All subjects, the unit of the ratios first. `counted` is the deployment whose Cache API can be empty. */
export function subjectsOf(proxy: Target, plain: Warm, counted: Warm): Subject[] {
  const asked = plain.urls[1] ?? plain.url;
  const countedUrl = counted.urls[1] ?? counted.url;
  let turn = 0;
  let fresh = 0;
  const text = () => storedText(turn++);
  return [
    {
      name: "bare proxy",
      url: proxy.url,
      called: null,
      request: (n) => proxy.request(storedText(n), false),
    },
    { name: "memory", url: asked, called: "hit; memory", request: () => ask(plain.key, storedText(0)) },
    { name: "edge", url: asked, called: "hit; edge", request: () => ask(plain.key, text()) },
    {
      name: "kv *",
      url: countedUrl,
      called: "hit; kv",
      request: () => ask(counted.key, text(), { "x-bench-edge": "off" }),
    },
    { name: "memory *", url: countedUrl, called: "hit; memory", request: () => ask(counted.key, storedText(0)) },
    {
      name: "miss, called",
      url: asked,
      called: "miss",
      request: () => ask(plain.key, `Fresh question ${++fresh}: what is new?`),
    },
    {
      name: "cache: false, called",
      url: asked,
      called: "bypass",
      request: (n) => ask(plain.key, storedText(n), {}, { cache: false }),
    },
  ];
}
