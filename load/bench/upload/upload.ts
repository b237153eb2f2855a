/**
 * `npm run load:batch`: one large NDJSON upload, then the batch against the mock: time to the 202, memory of the engine, throughput.
 * Flags: `--items N` (50000), `--seconds N` (how long the batch is watched: 60), `--at-once N` (items of one consumer at a time: 60), `--delay N` (ms of a call: 50).
 */
import { parseArgs } from "node:util";
import { descendantsOf, firstThreadOf, usageOf } from "../../../scripts/process-usage.ts";
import { createTenant } from "../../../scripts/tenant.ts";
import { startMock } from "../../harness/mock.ts";
import { CHAOS_PROMPT, createBatchClient, ndjson } from "../../harness/batch-client.ts";
import { engineOf, prepareMortalEdge } from "../../harness/mortal-edge.ts";

const { values: flags } = parseArgs({
  options: {
    items: { type: "string", default: "50000" },
    seconds: { type: "string", default: "60" },
    "at-once": { type: "string", default: "60" },
    delay: { type: "string", default: "50" },
  },
});
const [items, seconds] = [Number(flags.items), Number(flags.seconds)];
const [atOnce, delayMs] = [Number(flags["at-once"]), Number(flags.delay)];
const MIB = 2 ** 20;
const LOOK_EVERY_MS = 250;

const mock = await startMock();
await mock.profile({ default: { delay_ms: delayMs } });
const edge = await prepareMortalEdge(mock, { BATCH_ITEMS_AT_ONCE: String(atOnce) });
const url = await edge.start();
const client = createBatchClient(() => url, await createTenant(url, edge.rootKey, "upload"));
await client.publish("chaos", CHAOS_PROMPT);
const memory = watchEngine();
const body = ndjson("item", items);
const idle = memory.now();
const began = performance.now();
const { id } = await client.upload("chaos", body).catch((error: unknown) => {
  console.error(edge.output());
  throw error;
});
const acceptMs = performance.now() - began;
const uploadPeak = memory.peak();
console.log(
  `upload: ${items} items, ${(body.length / 1e6).toFixed(1)} MB, accepted in ${(acceptMs / 1000).toFixed(2)} s`,
);
const cpuBefore = cpuOf();
const running = performance.now();
let state = await client.get(id);
while (state.counts.queued + state.counts.running > 0 && performance.now() - running < seconds * 1000) {
  await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  state = await client.get(id);
}
const ran = (performance.now() - running) / 1000;
const cpu = cpuOf();
const rate = state.counts.succeeded / ran;
console.log(
  [
    `batch: ${state.counts.succeeded} of ${items} items in ${ran.toFixed(1)} s: ${rate.toFixed(0)} items/s`,
    `limit: ${atOnce} at once at ${delayMs} ms a call: ${((atOnce * 1000) / delayMs).toFixed(0)} items/s (${((100 * rate * delayMs) / (atOnce * 1000)).toFixed(0)} % reached)`,
    `CPU: ${anItem(cpu.runtime - cpuBefore.runtime)} an item in the runtime, ${anItem(cpu.mock - cpuBefore.mock)} in the mock`,
    `the engine's one thread ran for ${ofTheTime(cpu.thread.ranMs - cpuBefore.thread.ranMs)} of the time, and had no core for ${ofTheTime(cpu.thread.waitedMs - cpuBefore.thread.waitedMs)}`,
    `memory of the engine's process: ${megabytes(idle)} idle, ${megabytes(uploadPeak)} at most while uploading (+${megabytes(uploadPeak - idle)}), ${megabytes(memory.peak())} at most in all`,
    "the engine holds D1's and the queues' simulators too: what the upload adds is an upper bound of what the Worker takes of its 128 MB",
  ].join("\n"),
);
memory.stop();
await edge.dispose();
await mock.stop();

/** CPU so far, milliseconds: of the runtime with all below it, of the mock, and of the thread in which the engine runs the Worker, its objects and their databases. */
function cpuOf() {
  return {
    runtime: usageOf(edge.pid())?.cpuMs ?? NaN,
    mock: usageOf(mock.pid)?.cpuMs ?? NaN,
    thread: firstThreadOf(engineOf(edge.pid(), descendantsOf)),
  };
}

function anItem(ms: number): string {
  return `${(ms / state.counts.succeeded).toFixed(2)} ms`;
}

function ofTheTime(ms: number): string {
  return `${(ms / ran / 10).toFixed(0)} %`;
}

/** Resident memory of the engine's process, looked at every 20 ms. */
function watchEngine() {
  const pid = engineOf(edge.pid(), descendantsOf);
  const read = () => usageOf(pid)?.rssBytes ?? 0;
  let peak = read();
  const timer = setInterval(() => {
    peak = Math.max(peak, read());
  }, 20);
  return { now: read, peak: () => Math.max(peak, read()), stop: () => clearInterval(timer) };
}

function megabytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}
