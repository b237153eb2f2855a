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

/** Evicts once. No answer means that the server died meanwhile; an error answer is thrown. */
async function evictGates(url: string): Promise<Eviction[]> {
  const response = await fetch(`${url}/evict-gates`, { method: "POST" }).catch(() => null);
  if (!response) return [];
  if (!response.ok) throw new Error(`no eviction: ${await response.text()}`);
  return response.json<Eviction[]>();
}
