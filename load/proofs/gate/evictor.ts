import { setTimeout as sleep } from "node:timers/promises";
import { unitAt } from "../../harness/random.ts";
import type { Eviction } from "./evictable-worker.ts";

/** Evicts the gate's objects until it is stopped. */
export interface Evictor {
  /** Stops and resolves with all evictions. Rejects where an eviction failed. */
  stop(): Promise<Eviction[]>;
}

/** The time between two evictions. */
const EVERY_MS = { least: 1_500, most: 5_000 };

/**
 * Evicts at seeded moments, through the route of `evictable-worker.ts` at the server's address.
 * `urlOf` returns undefined while the server is down.
 */
export function startEvictor(seed: number, urlOf: () => string | undefined): Evictor {
  const evictions: Eviction[] = [];
  const stopped = new AbortController();
  const work = async () => {
    for (let turn = 0; ; turn++) {
      const ms = EVERY_MS.least + unitAt(seed, turn) * (EVERY_MS.most - EVERY_MS.least);
      await sleep(ms, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      const url = urlOf();
      if (url !== undefined) evictions.push(...(await evictGates(url)));
    }
  };
  const done = work();
  // `stop` reports the failure; without this it would be an unhandled rejection until then.
  done.catch(() => undefined);
  return {
    async stop() {
      stopped.abort();
      await done;
      return evictions;
    },
  };
}

/**
 * Evicts once. No answer, or one that breaks off, means that the server died meanwhile; an error
 * answer is thrown.
 */
export async function evictGates(url: string): Promise<Eviction[]> {
  const answer = await readAnswer(`${url}/evict-gates`);
  if (!answer) return [];
  if (!answer.ok) throw new Error(`no eviction: ${answer.body}`);
  return JSON.parse(answer.body) as Eviction[];
}

async function readAnswer(url: string): Promise<{ ok: boolean; body: string } | null> {
  try {
    const response = await fetch(url, { method: "POST" });
    return { ok: response.ok, body: await response.text() };
  } catch {
    return null;
  }
}
