/**
 * `npm run prove -- memory`: the resident memory of the local server, by process, before a load,
 * under it and after it. Sixteen callers mix all forms of requests, as in `prove -- records`, over
 * a server with its data on disk, as `npm start` has it. Judged is what is ours: what the runtime
 * and its objects have in use of their heap, once garbage is collected, must come back. The rest is
 * printed: garbage that V8 has no reason to collect, and the simulators of the platform. Beside it
 * stands a Worker that only forwards as many calls, in the same engine: what that keeps is not
 * ours.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { enginePidOf, usageOf } from "../../../scripts/process-usage.ts";
import { bareProxy } from "../../bench/targets/bare-proxy.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { BatchClient, ITEM_PROMPT } from "../../harness/batch-client.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { CALLERS, Callers } from "../records/callers.ts";
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
const HEADINGS = ["MiB", "workerd", "node", "mock", "server"];

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
    const times = { loadMs: Number(flags.seconds) * 1000, restMs: Number(flags.rest) * 1000 };
    return await withLocalStack({ stateDir, inspect: true }, async (stack) => {
      const { isBack, answered } = await measure(stack, times);
      await measureBare(stack.mock, times, answered);
      return isBack;
    });
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

interface Times {
  loadMs: number;
  restMs: number;
}

async function measure(stack: LocalStack, { loadMs, restMs }: Times): Promise<{ isBack: boolean; answered: number }> {
  const { mock, edge } = stack;
  await mock.profile({ default: { delay_ms: CALL_MS } });
  await new BatchClient(() => edge.url, edge.key).publish(ITEM_PROMPT);
  const started = residentOf(stack);
  await load(stack, WARM_UP_MS);
  await sleep(SAMPLE_MS);
  const before = residentOf(stack);
  const heapBefore = await heapOf(stack);
  const under = await load(stack, loadMs);
  const ended = residentOf(stack);
  await sleep(restMs);
  const after = residentOf(stack);
  const heapAfter = await heapOf(stack);
  const collected = residentOf(stack);
  const moments = [
    row("started", started),
    row("before", before),
    row("under, at most", under.most),
    row("after", ended),
    row(`after ${restMs / 1000} s`, after),
    row("garbage collected", collected),
  ];
  console.log(table([HEADINGS, ...moments]));
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
  return { isBack, answered: under.answered };
}

/**
 * The same engine with a Worker that forwards `calls` calls in the same time, and keeps nothing.
 */
async function measureBare(mock: MockProcess, { loadMs, restMs }: Times, calls: number): Promise<void> {
  const bare = await bareProxy(mock);
  try {
    const resident = () => residentOf({ edge: { pid: bare.pid ?? NaN }, mock });
    const { path, headers, body } = bare.request("Say hello.", "whole");
    const call = async () => (await fetch(`${bare.url}${path}`, { method: "POST", headers, body })).text();
    const forward = async (count: number) => {
      let left = count;
      const caller = async () => {
        while (left-- > 0) await call();
      };
      await Promise.all(Array.from({ length: CALLERS }, caller));
    };
    await forward(Math.ceil((calls * WARM_UP_MS) / loadMs));
    const before = resident();
    await forward(calls);
    const ended = resident();
    await sleep(restMs);
    const moments = [row("before", before), row("after", ended), row(`after ${restMs / 1000} s`, resident())];
    console.log(table([["a Worker that only forwards, MiB", ...HEADINGS.slice(1)], ...moments]));
  } finally {
    await bare.stop();
  }
}

function row(name: string, { engine, host, mock }: Resident): string[] {
  return [name, ...[engine, host, mock, engine + host].map((bytes) => (bytes / MIB).toFixed(0))];
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

function residentOf({ edge, mock }: Record<"edge" | "mock", { pid: number }>): Resident {
  const of = (pid: number) => usageOf(pid)?.rssBytes ?? NaN;
  const engine = of(enginePidOf(edge.pid));
  return { engine, host: of(edge.pid) - engine, mock: of(mock.pid) };
}
