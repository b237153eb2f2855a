import { setTimeout as sleep } from "node:timers/promises";
import { BatchClient, ITEM_PROMPT } from "../../harness/batch-client.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { Callers } from "./callers.ts";
import type { ShardFigures } from "./observed-worker.ts";

const CALL_MS = 150;
const POLL_MS = 1_000;
/** A look at all records takes seconds where there are many. */
const LIST_MS = 5_000;
const BEFORE_S = 5;
/** The load goes on after the shard's return, and the shard is watched for this long. */
const AFTER_S = 60;
/** A message waits at most ten minutes for its next delivery. */
const RECOVERY_TIMEOUT_MS = 620_000;

/** What clients and the shard went through. Times in Unix ms. */
interface Outage {
  answered: ReadonlyMap<string, string>;
  failed: ReadonlyMap<string, number>;
  beganAt: number;
  backAt: number;
  loadEndedAt: number;
}

/** How the records came back. */
interface Recovery {
  /** Answered executions that were not on record with their end when the load had ended. */
  atFirst: number;
  /** The same in the end. */
  left: string[];
  recoveredAt: number;
}

/**
 * Lets one shard hang for half of the time and refuse for the other half, under load, and return.
 * Every answered execution must be on record with its end afterwards.
 */
export async function proveOutage(outageS: number): Promise<string[]> {
  return withLocalStack({ entry: "load/proofs/records/observed-worker.ts" }, async ({ mock, edge }) => {
    await mock.profile({ default: { delay_ms: CALL_MS } });
    const client = new BatchClient(() => edge.url, edge.key);
    await client.publish(ITEM_PROMPT);
    const shard = async (mode = "") => (await fetch(`${edge.url}/shard${mode}`)).json() as Promise<ShardFigures>;
    const callers = new Callers(() => edge.url, edge.key);
    await sleep(BEFORE_S * 1000);
    const beganAt = Date.now();
    for (const mode of ["/hang", "/refuse"]) {
      await shard(mode);
      await sleep((outageS * 1000) / 2);
    }
    const { queued } = await shard("/ok");
    const backAt = Date.now();
    await sleep(Math.min(AFTER_S, outageS) * 1000);
    await callers.stop();
    const { answered, failed } = callers;
    const outage = { answered, failed, beganAt, backAt, loadEndedAt: Date.now() };
    console.log(`a shard hung for ${outageS / 2} s and refused for ${outageS / 2} s; ${queued} messages were queued`);
    const recovery = await recover(client, answered, backAt);
    console.log(describeOutage(outage, recovery, await shard()));
    const { left } = recovery;
    return left.length === 0 ? [] : [`${left.length} answered executions are not on record: ${left[0]}`];
  });
}

/**
 * Waits until every answered execution is on record with its end. While the sum of all records
 * says that some are missing, it does not list them, which would load the shards.
 */
async function recover(client: BatchClient, answered: ReadonlyMap<string, string>, backAt: number): Promise<Recovery> {
  const missing = async () => {
    const ends = new Map((await client.executions()).map(({ id, status }) => [id, status]));
    return [...answered.keys()].filter((id) => (ends.get(id) ?? "unknown") === "unknown");
  };
  const isOver = () => Date.now() - backAt > RECOVERY_TIMEOUT_MS;
  let left = await missing();
  const atFirst = left.length;
  while (left.length > 0 && !isOver()) {
    while ((await client.usage()).executions < answered.size && !isOver()) await sleep(POLL_MS);
    left = await missing();
    if (left.length > 0) await sleep(LIST_MS);
  }
  return { atFirst, left, recoveredAt: Date.now() };
}

function describeOutage(outage: Outage, recovery: Recovery, shard: ShardFigures): string {
  const { answered, failed, beganAt, backAt, loadEndedAt } = outage;
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const between = (from: number, to: number) => {
    const writes = shard.seconds.filter(({ second }) => second * 1000 >= from && (second + 1) * 1000 <= to);
    const total = writes.reduce((sum, each) => sum + each.writes, 0);
    const perSecond = (total / ((to - from) / 1000)).toFixed(1);
    return `${perSecond} a second, ${Math.max(0, ...writes.map((each) => each.writes))} in the busiest`;
  };
  return [
    `  answered ${answered.size}, of these on record ${answered.size - recovery.left.length}; ` +
      `requests that failed: ${JSON.stringify(Object.fromEntries(failed))}`,
    `  not on record when the load ended, ${seconds(loadEndedAt - backAt)} s after the shard's return: ` +
      `${recovery.atFirst}; all on record ${seconds(recovery.recoveredAt - backAt)} s after its return`,
    `  messages queued ${shard.queued}, deliveries ${shard.delivered}`,
    `  writes on the shard: ${between(beganAt - BEFORE_S * 1000, beganAt)} before; ` +
      `${between(backAt, Math.max(loadEndedAt, backAt + 1000))} in the first ${seconds(loadEndedAt - backAt)} s after its return`,
  ].join("\n");
}
