/**
 * `npm run prove -- memory`: the resident memory of the local server, by process, before a load,
 * under it and after it. Sixteen callers mix all forms of requests, as in `prove -- records`, over
 * a server with its data on disk, as `npm start` has it. Judged is what is ours: what the runtime
 * and its objects have in use of their heap, once garbage is collected, must come back. The rest is
 * printed: garbage that V8 has no reason to collect, and the simulators of the platform.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { enginePidOf, usageOf } from "../../../scripts/process-usage.ts";
import { BatchClient, ITEM_PROMPT } from "../../harness/batch-client.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { Callers } from "../records/callers.ts";
import { ALL_FORMS } from "../records/forms.ts";
import { collectHeap } from "./heap.ts";

/** Seconds of load, and of rest after it. */
export const FLAGS = {
  seconds: { type: "string", default: "120" },
  rest: { type: "string", default: "60" },
} as const satisfies ParseArgsOptionsConfig;

/** What the runtime's heap may have after the load, as a multiple of what it had before. */
const MOST = 1.5;
const CALL_MS = 80;
const WARM_UP_MS = 10_000;
const SAMPLE_MS = 1_000;
const MIB = 1024 * 1024;

/** Resident memory at a moment, by process, bytes. */
interface Resident {
  /** workerd: the Worker, its objects, and the simulators of D1, KV, R2, queues and caches. */
  engine: number;
  /** Node, with Miniflare. */
  host: number;
  /** The mock provider, which keeps a log of its calls. */
  mock: number;
}

/** Measures, prints a table, and says whether the server came back. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-memory-"));
  try {
    return await withLocalStack({ stateDir, inspect: true }, async (stack) =>
      measure(stack, Number(flags.seconds) * 1000, Number(flags.rest) * 1000),
    );
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function measure(stack: LocalStack, loadMs: number, restMs: number): Promise<boolean> {
  const { mock, edge } = stack;
  await mock.profile({ default: { delay_ms: CALL_MS } });
  await new BatchClient(() => edge.url, edge.key).publish(ITEM_PROMPT);
  const started = residentOf(stack);
  await load(stack, WARM_UP_MS);
  await sleep(SAMPLE_MS);
  const before = residentOf(stack);
  const heapBefore = await heapOf(stack);
  const under = await load(stack, loadMs);
  await sleep(restMs);
  const after = residentOf(stack);
  const heapAfter = await heapOf(stack);
  const collected = residentOf(stack);
  const row = (name: string, { engine, host, mock: ofMock }: Resident) => [
    name,
    ...[engine, host, ofMock, engine + host].map((bytes) => (bytes / MIB).toFixed(0)),
  ];
  const moments = [
    row("started", started),
    row("before", before),
    row("under, at most", under.most),
    row(`after ${restMs / 1000} s`, after),
    row("garbage collected", collected),
  ];
  console.log(table([["MiB", "workerd", "node", "mock", "server"], ...moments]));
  const ratio = (after.engine + after.host) / (before.engine + before.host);
  console.log(
    `${under.answered} executions answered in ${loadMs / 1000} s; resident after ÷ before: ${ratio.toFixed(2)}`,
  );
  const inMiB = (bytes: number) => (bytes / MIB).toFixed(1);
  console.log(
    `the runtime's own heap in use, garbage collected: ${inMiB(heapBefore)} MiB before, ${inMiB(heapAfter)} after`,
  );
  const isBack = heapAfter <= MOST * heapBefore;
  if (!isBack) console.log(`FAILED: the runtime's heap is more than ${MOST} times that of before`);
  return isBack;
}

/**
 * Loads the server. Returns the most that it had at one moment, and how many executions it
 * answered.
 */
async function load(stack: LocalStack, forMs: number): Promise<{ most: Resident; answered: number }> {
  const { edge } = stack;
  const callers = new Callers(() => edge.url, edge.key, { forms: ALL_FORMS });
  const until = performance.now() + forMs;
  const samples = [residentOf(stack)];
  while (performance.now() < until) {
    await sleep(SAMPLE_MS);
    samples.push(residentOf(stack));
  }
  await callers.stop();
  const most = (of: (sample: Resident) => number) => Math.max(...samples.map(of));
  const resident = { engine: most(({ engine }) => engine), host: most(({ host }) => host), mock: most((s) => s.mock) };
  return { most: resident, answered: callers.answered.size };
}

async function heapOf({ edge }: LocalStack): Promise<number> {
  const [, inspectorUrl = ""] = /inspector on (\S+)/.exec(edge.output()) ?? [];
  return collectHeap(edge.url, inspectorUrl);
}

function residentOf({ edge, mock }: LocalStack): Resident {
  const of = (pid: number) => usageOf(pid)?.rssBytes ?? NaN;
  const engine = of(enginePidOf(edge.pid));
  return { engine, host: of(edge.pid) - engine, mock: of(mock.pid) };
}
