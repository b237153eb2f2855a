/**
 * `npm run anatomy:batch`: where the time of a batch goes. Uploads items and watches the queue's consumer over timed bindings: when each invocation began, returned and was
 * over, and which calls an item's time is made of. The same items every time.
 * Flags: `--items N` (5000), `--seconds N` (how long at most: 30), `--at-once N` (items of one consumer at a time: 60), `--delay N` (ms of a call: 50).
 */
import { parseArgs } from "node:util";
import { type ProcessUsage, usageOf } from "../../../scripts/process-usage.ts";
import { type Anatomy, callTable, idleShare, invocationTable } from "./figures.ts";
import { CHAOS_PROMPT, createBatchClient, ndjson } from "../../harness/batch-client.ts";
import { type EdgeProcess, startEdge } from "../../harness/edge.ts";
import { digits } from "../../harness/numbers.ts";
import { type MockProcess, startMock } from "../../harness/mock.ts";

const { values: flags } = parseArgs({
  options: {
    items: { type: "string", default: "5000" },
    seconds: { type: "string", default: "30" },
    "at-once": { type: "string", default: "60" },
    delay: { type: "string", default: "50" },
  },
});
const LOOK_EVERY_MS = 250;

const mock = await startMock();
try {
  await mock.profile({ default: { delay_ms: Number(flags.delay) } });
  const edge = await startEdge(mock, {
    entry: "load/bench/batch-anatomy/timed-worker.ts",
    vars: { BATCH_ITEMS_AT_ONCE: flags["at-once"] },
  });
  try {
    await dissectBatch(edge, mock);
  } finally {
    await edge.stop();
  }
} finally {
  await mock.stop();
}

async function dissectBatch(edge: EdgeProcess, provider: MockProcess): Promise<void> {
  const client = createBatchClient(() => edge.url, edge.key);
  await client.publish("chaos", CHAOS_PROMPT);
  const { id } = await client.upload("chaos", ndjson("item", Number(flags.items)));
  const before = { edge: usageOf(edge.pid), mock: usageOf(provider.pid) };
  const began = performance.now();
  const over = () => performance.now() - began;
  let state = await client.get(id);
  while (state.counts.queued + state.counts.running > 0 && over() < Number(flags.seconds) * 1000) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    state = await client.get(id);
  }
  const ms = over();
  const anatomy = (await (await fetch(`${edge.url}/__anatomy`)).json()) as Anatomy;
  const invocations = anatomy.invocations.filter(({ queue }) => queue.endsWith("-executions-batch"));
  const { settled, item_ms } = anatomy.items;
  const cpu = (from: ProcessUsage | null, to: ProcessUsage | null) => (from && to ? to.cpuMs - from.cpuMs : NaN);
  const spent = { edge: cpu(before.edge, usageOf(edge.pid)), mock: cpu(before.mock, usageOf(provider.pid)) };
  console.log(
    [
      `${settled} items in ${(ms / 1000).toFixed(1)} s: ${((1000 * settled) / ms).toFixed(0)} items/s`,
      `an item takes ${digits(item_ms / settled)} ms from its claim to its settlement; ${digits(item_ms / ms)} of ${flags["at-once"]} are under way on average`,
      `no handler ran for ${(100 * idleShare(invocations)).toFixed(0)} % of the time`,
      `CPU: ${digits(spent.edge / settled)} ms an item in the runtime, ${digits(spent.mock / settled)} ms in the mock; both together ${digits((spent.edge + spent.mock) / ms)} cores`,
      "",
      invocationTable(invocations),
      "",
      callTable(anatomy),
    ].join("\n"),
  );
}
