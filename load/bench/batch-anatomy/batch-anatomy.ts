/**
 * `npm run bench -- batch-anatomy`: where the time of a batch goes. Uploads items and times the
 * queue consumer's invocations and their backend calls. The items are the same every time.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type ProcessUsage, usageOf } from "../../../scripts/process-usage.ts";
import { BatchClient, ITEM_PROMPT, itemLines } from "../../harness/batch-client.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { digits, percent } from "../../harness/numbers.ts";
import { type Anatomy, callTable, idleShare, invocationTable } from "./figures.ts";

/** Items; the longest time to watch them, s; items of one consumer at a time; ms of a call. */
export const FLAGS = {
  items: { type: "string", default: "5000" },
  seconds: { type: "string", default: "30" },
  "at-once": { type: "string", default: "60" },
  delay: { type: "string", default: "50" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs one batch and prints its anatomy. It has no checks. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const atOnce = flags["at-once"];
  const options = { entry: "load/bench/batch-anatomy/timed-worker.ts", vars: { BATCH_ITEMS_AT_ONCE: atOnce } };
  await withLocalStack(options, async (stack) => {
    await stack.mock.profile({ default: { delay_ms: Number(flags.delay) } });
    const measured = await measureBatch(stack, Number(flags.items), Number(flags.seconds));
    console.log(report(measured, atOnce));
  });
  return true;
}

interface MeasuredBatch {
  anatomy: Anatomy;
  /** From the upload's answer to the end, milliseconds. */
  ms: number;
  /** CPU time of the processes, milliseconds. */
  cpuMs: { edge: number; mock: number };
}

async function measureBatch({ edge, mock }: LocalStack, items: number, seconds: number): Promise<MeasuredBatch> {
  const client = new BatchClient(() => edge.url, edge.key);
  await client.publish(ITEM_PROMPT);
  const { id } = await client.upload(ITEM_PROMPT.name, itemLines("item", items));
  const before = { edge: usageOf(edge.pid), mock: usageOf(mock.pid) };
  const began = performance.now();
  await client.watch(id, seconds * 1000);
  const ms = performance.now() - began;
  const anatomy = (await (await fetch(`${edge.url}/__anatomy`)).json()) as Anatomy;
  const cpuMs = {
    edge: cpuBetween(before.edge, usageOf(edge.pid)),
    mock: cpuBetween(before.mock, usageOf(mock.pid)),
  };
  return { anatomy, ms, cpuMs };
}

function cpuBetween(from: ProcessUsage | null, to: ProcessUsage | null): number {
  return from && to ? to.cpuMs - from.cpuMs : NaN;
}

function report({ anatomy, ms, cpuMs }: MeasuredBatch, atOnce: string): string {
  const invocations = anatomy.invocations.filter(({ queue }) => queue.endsWith("-executions-batch"));
  const { settled, item_ms } = anatomy.items;
  const cores = (cpuMs.edge + cpuMs.mock) / ms;
  return [
    `${settled} items in ${(ms / 1000).toFixed(1)} s: ${((1000 * settled) / ms).toFixed(0)} items/s`,
    `an item takes ${digits(item_ms / settled)} ms from its claim to its settlement; on average ${digits(item_ms / ms)} of at most ${atOnce} items are running`,
    `no handler ran for ${percent(idleShare(invocations))} of the time`,
    `CPU of an item: ${digits(cpuMs.edge / settled)} ms in the runtime, ${digits(cpuMs.mock / settled)} ms in the mock; together they used ${digits(cores)} cores`,
    "",
    invocationTable(invocations),
    "",
    callTable(anatomy),
  ].join("\n");
}
