import { setTimeout as sleep } from "node:timers/promises";
import { BatchClient, ITEM_PROMPT } from "../../harness/batch-client.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { Callers } from "./callers.ts";
import type { ShardSecond } from "./observed-worker.ts";

const CALL_MS = 150;
const POLL_MS = 500;
/** The load goes on for this long after the shard has returned. */
const AFTERWARDS_MS = 3_000;
/** A message waits at most ten minutes for its next delivery. */
const RECOVERY_TIMEOUT_MS = 620_000;

/**
 * Lets one shard hang for half of the time and refuse for the other half, under load, and return.
 * Every answered execution must be on record afterwards.
 */
export async function proveOutage(outageS: number): Promise<string[]> {
  return withLocalStack({ entry: "load/proofs/records/observed-worker.ts" }, async ({ mock, edge }) => {
    await mock.profile({ default: { delay_ms: CALL_MS } });
    const client = new BatchClient(() => edge.url, edge.key);
    await client.publish(ITEM_PROMPT);
    const shard = async (mode: string) => (await fetch(`${edge.url}/shard${mode}`)).json() as Promise<ShardSecond[]>;
    const callers = new Callers(() => edge.url, edge.key);
    await sleep(AFTERWARDS_MS);
    for (const mode of ["/hang", "/refuse"]) {
      await shard(mode);
      await sleep((outageS * 1000) / 2);
    }
    await shard("/ok");
    const backAt = performance.now();
    const backAtS = Date.now() / 1000;
    await sleep(AFTERWARDS_MS);
    await callers.stop();
    const missing = async () => {
      const ids = new Set((await client.executions()).map(({ id }) => id));
      return [...callers.answered].filter((id) => !ids.has(id));
    };
    let left = await missing();
    const atFirst = left.length;
    while (left.length > 0 && performance.now() - backAt < RECOVERY_TIMEOUT_MS) {
      await sleep(POLL_MS);
      left = await missing();
    }
    const busiest = Math.max(...(await shard("")).filter(({ second }) => second > backAtS).map(({ calls }) => calls));
    console.log(
      `a shard hung for ${outageS / 2} s and refused for ${outageS / 2} s under ${callers.answered.size} answers\n` +
        `  not on record when the load ended: ${atFirst}; all on record ` +
        `${((performance.now() - backAt) / 1000).toFixed(1)} s after the shard's return\n` +
        `  requests that failed: ${JSON.stringify(Object.fromEntries(callers.failed))}\n` +
        `  the shard's busiest second after its return: ${busiest} statements on executions`,
    );
    return left.length === 0 ? [] : [`${left.length} answered executions are not on record`];
  });
}
