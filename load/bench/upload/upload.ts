/**
 * `npm run bench -- upload`: one large NDJSON upload, and then its batch against the mock: the time
 * to the 202, the memory of the engine, items a second.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { firstThreadOf, usageOf } from "../../../scripts/process-usage.ts";
import { createTenant } from "../../../scripts/tenant.ts";
import { BatchClient, type BatchState, ITEM_PROMPT, itemLines } from "../../harness/batch-client.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";
import { percent } from "../../harness/numbers.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";

/** Items; the longest time to watch them, s; items of one consumer at a time; ms of a call. */
export const FLAGS = {
  items: { type: "string", default: "50000" },
  seconds: { type: "string", default: "60" },
  "at-once": { type: "string", default: "60" },
  delay: { type: "string", default: "50" },
} as const satisfies ParseArgsOptionsConfig;

const MIB = 2 ** 20;
const MEMORY_POLL_MS = 20;

interface UploadPlan {
  items: number;
  seconds: number;
  atOnce: number;
  delayMs: number;
}

/** Uploads one batch, watches it and prints the figures. It has no checks. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const plan: UploadPlan = {
    items: Number(flags.items),
    seconds: Number(flags.seconds),
    atOnce: Number(flags["at-once"]),
    delayMs: Number(flags.delay),
  };
  await withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    await mock.profile({ default: { delay_ms: plan.delayMs } });
    const vars = { BATCH_ITEMS_AT_ONCE: String(plan.atOnce) };
    const edge = stopLater(await RestartableEdge.prepare(mock, { vars }));
    await measureUpload(plan, mock, edge);
  });
  return true;
}

async function measureUpload(plan: UploadPlan, mock: MockProcess, edge: RestartableEdge): Promise<void> {
  const url = await edge.start();
  const client = new BatchClient(() => url, await createTenant(url, edge.rootKey, "upload"));
  await client.publish(ITEM_PROMPT);
  const memory = watchMemory(edge.enginePid());
  const idle = memory.now();
  const id = await upload(client, edge, plan.items);
  const uploadPeak = memory.peak();
  const cpuBefore = readCpu(edge, mock);
  const began = performance.now();
  const state = await client.watch(id, plan.seconds * 1000);
  const ms = performance.now() - began;
  const cpu = cpuSince(cpuBefore, readCpu(edge, mock));
  console.log(report(plan, state, ms, cpu, { idle, uploadPeak, peak: memory.peak() }));
  memory.stop();
}

async function upload(client: BatchClient, edge: RestartableEdge, items: number): Promise<string> {
  const body = itemLines("item", items);
  const began = performance.now();
  const { id } = await client.upload(ITEM_PROMPT.name, body).catch((error: unknown) => {
    console.error(edge.output());
    throw error;
  });
  const seconds = (performance.now() - began) / 1000;
  console.log(`upload: ${items} items, ${(body.length / 1e6).toFixed(1)} MB, accepted in ${seconds.toFixed(2)} s`);
  return id;
}

/** CPU times, milliseconds. */
interface CpuTimes {
  /** The runtime's process tree. */
  runtime: number;
  mock: number;
  /** The thread in which the engine runs the Worker, its objects and their databases. */
  threadRan: number;
  /** How long that thread was ready to run, but had no core. */
  threadWaited: number;
}

function readCpu(edge: RestartableEdge, mock: MockProcess): CpuTimes {
  const { ranMs, waitedMs } = firstThreadOf(edge.enginePid());
  return {
    runtime: usageOf(edge.pid())?.cpuMs ?? NaN,
    mock: usageOf(mock.pid)?.cpuMs ?? NaN,
    threadRan: ranMs,
    threadWaited: waitedMs,
  };
}

function cpuSince(before: CpuTimes, now: CpuTimes): CpuTimes {
  return {
    runtime: now.runtime - before.runtime,
    mock: now.mock - before.mock,
    threadRan: now.threadRan - before.threadRan,
    threadWaited: now.threadWaited - before.threadWaited,
  };
}

/** Resident memory of the engine, bytes. */
interface MemoryFigures {
  idle: number;
  /** The peak until the upload was accepted. */
  uploadPeak: number;
  /** The peak of the whole run. */
  peak: number;
}

function report(plan: UploadPlan, state: BatchState, ms: number, cpu: CpuTimes, memory: MemoryFigures): string {
  const { items, atOnce, delayMs } = plan;
  const { succeeded } = state.counts;
  const rate = (1000 * succeeded) / ms;
  const bound = (atOnce * 1000) / delayMs;
  const perItem = (cpuMs: number) => `${(cpuMs / succeeded).toFixed(2)} ms`;
  const mib = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`;
  return [
    `batch: ${succeeded} of ${items} items in ${(ms / 1000).toFixed(1)} s: ${rate.toFixed(0)} items/s`,
    `upper bound: ${atOnce} items at once, ${delayMs} ms a call: ${bound.toFixed(0)} items/s (${percent(rate / bound)} reached)`,
    `CPU of an item: ${perItem(cpu.runtime)} in the runtime, ${perItem(cpu.mock)} in the mock`,
    `the engine's one thread ran for ${percent(cpu.threadRan / ms)} of the time, and waited for a core for ${percent(cpu.threadWaited / ms)}`,
    `memory of the engine's process: ${mib(memory.idle)} idle, peak ${mib(memory.uploadPeak)} during the upload (+${mib(memory.uploadPeak - memory.idle)}), peak ${mib(memory.peak)} of the run`,
    "the engine's process includes the simulators of D1 and queues: what the upload adds is an upper bound of the Worker's share of its 128 MB",
  ].join("\n");
}

/** Reads the resident memory of a process every 20 ms until it is stopped. */
function watchMemory(pid: number) {
  const now = () => usageOf(pid)?.rssBytes ?? 0;
  let peak = now();
  const timer = setInterval(() => {
    peak = Math.max(peak, now());
  }, MEMORY_POLL_MS);
  return { now, peak: () => Math.max(peak, now()), stop: () => clearInterval(timer) };
}
