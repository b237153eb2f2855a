/**
 * `npm run bench -- fairness`: one tenant sends a large batch, and a little later another tenant
 * sends a single item: how long that item takes, and how fast the large batch is while it is alone.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { BatchClient, ITEM_PROMPT, itemLines, openItems } from "../../harness/batch-client.ts";
import { withLocalStack } from "../../harness/local-stack.ts";

/**
 * Items of the large batch; s that it runs alone; the longest wait for the item, s; ms of a call.
 */
export const FLAGS = {
  items: { type: "string", default: "50000" },
  alone: { type: "string", default: "20" },
  seconds: { type: "string", default: "900" },
  delay: { type: "string", default: "50" },
} as const satisfies ParseArgsOptionsConfig;

/** Runs both batches and prints the figures. It has no checks. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  await withLocalStack({}, async ({ edge, mock }) => {
    await mock.profile({ default: { delay_ms: Number(flags.delay) } });
    const large = new BatchClient(() => edge.url, edge.key);
    await large.publish(ITEM_PROMPT);
    const other = await edge.otherTenant();
    const small = new BatchClient(() => edge.url, other);
    await small.publish(ITEM_PROMPT);
    const { id } = await large.upload(ITEM_PROMPT.name, itemLines("item", Number(flags.items)));
    const aloneMs = 1_000 * Number(flags.alone);
    await sleep(aloneMs);
    const { counts } = await large.get(id);
    const rate = (1_000 * counts.succeeded) / aloneMs;
    console.log(`the batch of ${flags.items} items, alone: ${rate.toFixed(0)} items/s`);
    const single = await small.upload(ITEM_PROMPT.name, itemLines("single", 1));
    const began = performance.now();
    const left = openItems(await small.watch(single.id, 1_000 * Number(flags.seconds)));
    const waited = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(`another tenant's single item: ${left === 0 ? "done after" : "not done within"} ${waited} s`);
  });
  return true;
}
