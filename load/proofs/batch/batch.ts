/**
 * `npm run chaos:batch`: batches against the mock while the server is killed with SIGKILL at random moments and started again on the same disk.
 * Then the books are compared: batches, their results, executions on record, usage, and the mock's own log of calls. Fails where they differ.
 * Flags: `--items N` (1000), `--kills N` (20), `--seed N`. The same seed draws the same moments; what they meet depends on the machine.
 */
import { parseArgs } from "node:util";
import { createTenant } from "../../../scripts/tenant.ts";
import { startMock } from "../../harness/mock.ts";
import { unitAt } from "../../mock/random.ts";
import type { CallPage } from "../../mock/call-log.ts";
import { type BatchClient, CHAOS_PROMPT, createBatchClient, ndjson } from "../../harness/batch-client.ts";
import { prepareMortalEdge } from "../../harness/mortal-edge.ts";

const { values: flags } = parseArgs({
  options: {
    items: { type: "string", default: "1000" },
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [items, kills, seed] = [Number(flags.items), Number(flags.kills), Number(flags.seed)];
/** The items come in this many batches, spread over the kills. */
const BATCHES = 5;
/** Items that one consumer runs at a time: the worker slots of this run. */
const SLOTS = 6;
const CALL_MS = 400;
/** A life lasts so long after it is ready, milliseconds. */
const LIFE_MS = { least: 500, most: 6_000 };
const LOOK_EVERY_MS = 500;
const LONGEST_END_MS = 300_000;
const RULES = { BATCH_LEASE_MS: "2000", BATCH_WAKE_AFTER_MS: "1500", BATCH_ITEMS_AT_ONCE: String(SLOTS) };

const sleep = async (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const mock = await startMock();
await mock.profile({ default: { delay_ms: CALL_MS } });
const edge = await prepareMortalEdge(mock, RULES);
console.log(`seed ${seed}: ${items} items in ${BATCHES} batches, ${kills} kills`);
const begun = performance.now();
let url = await edge.start();
const client = createBatchClient(() => url, await createTenant(url, edge.rootKey, "chaos"));
await client.publish("chaos", CHAOS_PROMPT);
const accepted: string[] = [];
let killsAtWork = 0;
for (let life = 0; life < kills; life++) {
  if (life * BATCHES >= accepted.length * kills) accepted.push(await acceptBatch(accepted.length));
  await sleep(LIFE_MS.least + unitAt(seed, life) * (LIFE_MS.most - LIFE_MS.least));
  const open = await unfinished(client, accepted);
  if (open > 0) killsAtWork += 1;
  console.log(`kill ${life + 1}: ${open} items open`);
  await edge.kill();
  url = await edge.start();
}
while (accepted.length < BATCHES) accepted.push(await acceptBatch(accepted.length));
const deadline = performance.now() + LONGEST_END_MS;
while ((await unfinished(client, accepted)) > 0 && performance.now() < deadline) await sleep(LOOK_EVERY_MS);
const faults = await compareBooks(client, accepted);
await edge.dispose();
await mock.stop();
for (const fault of faults) console.log(`FAULT: ${fault}`);
console.log(faults.length === 0 ? "the books agree" : `${faults.length} faults; replay with --seed ${seed}`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function acceptBatch(number: number): Promise<string> {
  const size = Math.floor((items * (number + 1)) / BATCHES) - Math.floor((items * number) / BATCHES);
  return (await client.upload("chaos", ndjson(`batch${number}`, size))).id;
}

/** Items that are not at their end. */
async function unfinished(from: BatchClient, ids: readonly string[]): Promise<number> {
  const states = await Promise.all(ids.map((id) => from.get(id)));
  return states.reduce((sum, { counts }) => sum + counts.queued + counts.running, 0);
}

/** Compares what everyone knows, prints it, and gives what does not agree. */
async function compareBooks(from: BatchClient, ids: readonly string[]): Promise<string[]> {
  const lines = (await Promise.all(ids.map((id) => from.results(id)))).flat();
  const cost = (await Promise.all(ids.map((id) => from.get(id)))).reduce((sum, batch) => sum + batch.cost_usd, 0);
  const executions = await from.executions();
  const usage = await from.usage();
  const { calls, total } = (await (await fetch(`${mock.url}/__mock/calls`)).json()) as CallPage;
  const asked = new Set(calls.map((call) => call.body_sha256)).size;
  const terminal = lines.filter((line) => line.status === "succeeded");
  const used = new Set(terminal.flatMap((line) => line.execution?.id ?? []));
  const charged = executions.reduce((sum, execution) => sum + execution.cost_usd, 0);
  const bound = 2 * kills * SLOTS;
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  console.log(
    [
      `kills: ${kills}, ${killsAtWork} of them while items were open; ${seconds} s in all`,
      `items: ${items} accepted, ${terminal.length} succeeded, ${used.size} executions of their own`,
      `on record: ${executions.length} executions, ${usage.executions} in the usage, ${usage.errors} errors`,
      `charged: ${charged.toFixed(9)} USD by execution, ${usage.cost_usd.toFixed(9)} in the usage, ${cost.toFixed(9)} by batch`,
      `provider calls: ${total}, of ${asked} different bodies: ${total - asked} duplicates (bound ${bound} = 2 × kills × ${SLOTS} slots)`,
    ].join("\n"),
  );
  const same = (a: number, b: number) => Math.abs(a - b) < 5e-10;
  return Object.entries({
    "every accepted item succeeded": terminal.length === items && lines.length === items,
    "every item has one execution of its own": used.size === items,
    "one execution is on record for each item":
      executions.length === items && executions.every(({ id }) => used.has(id)),
    "one usage row for each item": usage.executions === items && usage.errors === 0,
    "one charge for each item": same(charged, cost) && same(charged, usage.cost_usd),
    "every item was asked of the provider": asked === items,
    "duplicate calls are within the bound": total - asked <= bound,
  }).flatMap(([claim, holds]) => (holds ? [] : [`not so: ${claim}`]));
}
