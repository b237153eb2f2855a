/**
 * `npm run prove -- batch`: runs batches against the mock while the server is killed with SIGKILL
 * at random moments and started again on the same disk. Then it compares batches, their results,
 * the executions on record, the usage and the mock's log of calls. Fails where they disagree.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { createTenant } from "../../../scripts/tenant.ts";
import { BatchClient, ITEM_PROMPT, itemLines, openItems } from "../../harness/batch-client.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";
import { unitAt } from "../../harness/random.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { compareRecords } from "./compare-records.ts";

/**
 * Items, kills, and the seed that draws the moments of the kills. What the server is doing at those
 * moments depends on the machine.
 */
export const FLAGS = {
  items: { type: "string", default: "1000" },
  kills: { type: "string", default: "20" },
  seed: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** The items are uploaded in this many batches, spread over the kills. */
const BATCHES = 5;
/** The number of items that a consumer runs at a time. */
const SLOTS = 6;
const CALL_MS = 400;
/** The time from a start of the server to its kill. */
const LIFE_MS = { least: 500, most: 6_000 };
const POLL_MS = 500;
const DRAIN_TIMEOUT_MS = 300_000;
/** Production values are minutes; shortened so that recovery takes seconds. */
const VARS = { BATCH_LEASE_MS: "2000", BATCH_WAKE_AFTER_MS: "1500", BATCH_ITEMS_AT_ONCE: String(SLOTS) };

interface KillPlan {
  items: number;
  kills: number;
  seed: number;
}

/** Runs the batches through all kills and compares the records. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const seed = Number(flags.seed ?? Date.now() % 1_000_000);
  const plan = { items: Number(flags.items), kills: Number(flags.kills), seed };
  console.log(`seed ${seed}: ${plan.items} items in ${BATCHES} batches, ${plan.kills} kills`);
  const faults = await withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    await mock.profile({ default: { delay_ms: CALL_MS } });
    const edge = stopLater(await RestartableEdge.prepare(mock, { vars: VARS }));
    return runThroughKills(plan, mock, edge);
  });
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? "the records agree" : `${faults.length} faults; replay with --seed ${seed}`);
  return faults.length === 0;
}

async function runThroughKills(plan: KillPlan, mock: MockProcess, edge: RestartableEdge): Promise<string[]> {
  const { items, kills, seed } = plan;
  const began = performance.now();
  let url = await edge.start();
  const client = new BatchClient(() => url, await createTenant(url, edge.rootKey, "chaos"));
  await client.publish(ITEM_PROMPT);
  const batches: string[] = [];
  let killsAtWork = 0;
  for (let life = 0; life < kills; life++) {
    if (life * BATCHES >= batches.length * kills) batches.push(await uploadBatch(client, items, batches.length));
    await sleep(LIFE_MS.least + unitAt(seed, life) * (LIFE_MS.most - LIFE_MS.least));
    const open = await countOpen(client, batches);
    if (open > 0) killsAtWork += 1;
    console.log(`kill ${life + 1}: ${open} items open`);
    await edge.kill();
    url = await edge.start();
  }
  while (batches.length < BATCHES) batches.push(await uploadBatch(client, items, batches.length));
  const deadline = performance.now() + DRAIN_TIMEOUT_MS;
  while ((await countOpen(client, batches)) > 0 && performance.now() < deadline) await sleep(POLL_MS);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`kills: ${kills}, ${killsAtWork} of them while items were open; ${seconds} s in all`);
  return compareRecords(client, mock, batches, { items, duplicates: 2 * kills * SLOTS });
}

async function uploadBatch(client: BatchClient, items: number, number: number): Promise<string> {
  const size = Math.floor((items * (number + 1)) / BATCHES) - Math.floor((items * number) / BATCHES);
  return (await client.upload(ITEM_PROMPT.name, itemLines(`batch${number}`, size))).id;
}

/** The number of items in all batches that have not ended. */
async function countOpen(client: BatchClient, ids: readonly string[]): Promise<number> {
  const states = await Promise.all(ids.map((id) => client.get(id)));
  return states.reduce((sum, state) => sum + openItems(state), 0);
}
