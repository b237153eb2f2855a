import { setTimeout as sleep } from "node:timers/promises";
import { publishJson } from "../../../scripts/tenant.ts";
import { BatchClient, itemLines, ITEM_PROMPT, openItems } from "../../harness/batch-client.ts";
import { withLocalStack } from "../../harness/local-stack.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import { SteadyCallers } from "./callers.ts";

/** The time until the slow model's headers, ms. */
const SLOW_MS = 2_600;
/** Less than that: a limit that only streams may meet. */
const FIRST_BYTE_MS = 2_000;
const ITEMS = 40;
const BATCH_TIMEOUT_MS = 240_000;
/** The longest time until an execution is on record, and how often that is looked at, ms. */
const RECORD_TIMEOUT_MS = 10_000;
const POLL_MS = 250;
/** Callers go on this long after the batch, ms. */
const AFTER_MS = 2_000;

/**
 * Runs a batch on a model that begins to answer after {@link SLOW_MS}, where streams are given up
 * after {@link FIRST_BYTE_MS}, under sixteen callers of the same model who do not stream.
 * Everything must be answered, and paid once.
 */
export async function proveSlow(isolates: number): Promise<string[]> {
  const vars = { FIRST_BYTE_TIMEOUT_MS: `${FIRST_BYTE_MS}` };
  return withLocalStack({ isolates, vars }, async ({ mock, edge }) => {
    await mock.profile({ default: { delay_ms: SLOW_MS } });
    const client = new BatchClient(() => edge.url, edge.key);
    await client.publish(UNBOUNDED_PROMPT);
    await publishJson(edge.url, edge.key, textPrompt("keys"));
    const callers = new SteadyCallers(edge.urls, edge.key, { prompt: "keys", variables: {}, cache: false });
    await sleep(SLOW_MS);
    callers.begin(`beside a batch of ${ITEMS}`);
    const began = performance.now();
    const batch = await client.watch(
      (await client.upload("item", itemLines("slow", ITEMS), "queue")).id,
      BATCH_TIMEOUT_MS,
    );
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    callers.begin("after it");
    await sleep(AFTER_MS);
    await callers.stop();
    const calls = await mock.callCount();
    const executions = await recorded(client, calls);
    console.log(`a response after ${SLOW_MS} ms; streams are given up after ${FIRST_BYTE_MS} ms`);
    console.log(callers.table());
    const { succeeded, failed } = batch.counts;
    console.log(`batch: ${succeeded} succeeded, ${failed} failed, ${openItems(batch)} open after ${seconds} s`);
    console.log(`${calls} calls to the provider for ${executions} executions`);
    return [
      ...callers.faults(),
      ...(succeeded === ITEMS ? [] : [`${ITEMS - succeeded} items of the batch did not succeed`]),
      ...(calls === executions ? [] : [`${calls} calls for ${executions} executions`]),
    ];
  });
}

/**
 * How many executions are on record, once it is this number: they are recorded behind the replies.
 */
async function recorded(client: BatchClient, expected: number): Promise<number> {
  const until = performance.now() + RECORD_TIMEOUT_MS;
  for (;;) {
    const { executions } = await client.usage();
    if (executions === expected || performance.now() > until) return executions;
    await sleep(POLL_MS);
  }
}

/** Without a limit of tokens, so that its answers are read as streams. */
const UNBOUNDED_PROMPT = { ...ITEM_PROMPT, yaml: ITEM_PROMPT.yaml.replace("max_tokens: 32\n", "") };
