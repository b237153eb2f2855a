import { unitAt } from "../../mock/random.ts";
import type { Eviction } from "./evictable-worker.ts";

/** Ends the gate's objects at seeded moments. */
export interface Evictor {
  /** Ends no more, and gives what was ended. Throws where the route did not answer as it should. */
  stop(): Promise<Eviction[]>;
}

/** One eviction comes so long after the other, milliseconds. */
const EVERY_MS = { least: 1_500, most: 5_000 };

/** Begins to evict through the route of `evictable-worker.ts` at `urlOf()`; while that is none, nothing is evicted. */
export function startEvictor(seed: number, urlOf: () => string | undefined): Evictor {
  const evictions: Eviction[] = [];
  const stopped = new AbortController();
  const work = async () => {
    for (let turn = 0; ; turn++) {
      await pause(EVERY_MS.least + unitAt(seed, turn) * (EVERY_MS.most - EVERY_MS.least), stopped.signal);
      if (stopped.signal.aborted) return;
      const url = urlOf();
      if (url === undefined) continue;
      const response = await fetch(`${url}/evict-gates`, { method: "POST" }).catch(() => null);
      // Without an answer the process died under it; with another one this is not the evictable runtime.
      if (!response) continue;
      if (!response.ok) throw new Error(`no eviction: ${await response.text()}`);
      evictions.push(...(await response.json<Eviction[]>()));
    }
  };
  const done = work();
  // Looked at when it is stopped.
  done.catch(() => undefined);
  return {
    async stop() {
      stopped.abort();
      await done;
      return evictions;
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
