import { setTimeout as sleep } from "node:timers/promises";
import { BatchClient, ITEM_PROMPT } from "../../harness/batch-client.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";
import { Callers } from "./callers.ts";
import type { IntentFigures } from "./observed-worker.ts";

const CALLERS = [1, 16, 64];
const CALL_MS = 100;
const SLICE_MS = 4_000;

/** Prints what intents cost: appends and rows for each execution, and how long an append takes. */
export async function showPrice(): Promise<void> {
  await withLocalStack({ entry: "load/proofs/records/observed-worker.ts" }, async ({ mock, edge }) => {
    await mock.profile({ default: { delay_ms: CALL_MS } });
    await new BatchClient(() => edge.url, edge.key).publish(ITEM_PROMPT);
    const rows: string[][] = [["the price of intents", "executions", "appends each", "rows each", "p50 ms", "p99 ms"]];
    for (const count of CALLERS) {
      await fetch(`${edge.url}/intents`);
      const callers = new Callers(() => edge.url, edge.key, { callers: count });
      await sleep(SLICE_MS);
      await callers.stop();
      const { appends } = (await (await fetch(`${edge.url}/intents`)).json()) as IntentFigures;
      const executions = callers.answered.size;
      const each = appends.length / executions;
      const sorted = appends.toSorted((a, b) => a - b);
      const quantile = (q: number) => String(sorted[Math.floor((sorted.length - 1) * q)]);
      // A block is one row written, and takes the row of one that is settled.
      const figures = [String(executions), each.toFixed(2), each.toFixed(2), quantile(0.5), quantile(0.99)];
      rows.push([`${count} callers`, ...figures]);
    }
    console.log(table(rows));
  });
}
