/**
 * `npm run bench -- batch-mode`: how many provider calls a batch makes in mode `queue` and in mode
 * `provider`, counted in the mock's log. Fails where an item did not succeed, or where mode
 * `provider` makes more than 0.05 calls an item. It takes a minute and a half, because the runtime
 * first polls a provider's batch after a minute.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { pollDelay } from "../../../src/domain/batches/provider-batch.ts";
import { BatchClient } from "../../harness/batch-client.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { table } from "../../harness/table.ts";

/** The number of items in each batch. */
export const FLAGS = { items: { type: "string", default: "1000" } } as const satisfies ParseArgsOptionsConfig;

const TARGET_CALLS_PER_ITEM = 0.05;
const MODELS = { openai: "gpt-4o-mini", anthropic: "claude-haiku-4-5" } as const;
const PROVIDERS = ["openai", "anthropic"] as const;
const MODES = ["queue", "provider"] as const;
/** The interval of the cron trigger and of this program's polls. */
const TICK_MS = 2_000;
const TIMEOUT_MS = 120_000;
/**
 * Calls beside the polls. OpenAI: upload the file, create the batch, download two result files.
 * Anthropic: create the batch, download the results.
 */
const FIXED_CALLS = { openai: 4, anthropic: 2 } as const;

type Provider = (typeof PROVIDERS)[number];

interface ModeFigures {
  mode: (typeof MODES)[number];
  provider: Provider;
  succeeded: number;
  calls: number;
  cost_usd: number;
  seconds: number;
}

/** Runs one batch of each provider in each mode. */
export async function run(args: string[]): Promise<boolean> {
  const { values } = parseArgs({ args, options: FLAGS });
  const items = Number(values.items);
  const figures = await withLocalStack({ cronMs: TICK_MS }, (stack) => measureAll(stack, items));
  print(figures, items);
  const fits = figures.every(({ mode, calls }) => mode === "queue" || calls / items <= TARGET_CALLS_PER_ITEM);
  return fits && figures.every(({ succeeded }) => succeeded === items);
}

async function measureAll(stack: LocalStack, items: number): Promise<ModeFigures[]> {
  const client = new BatchClient(() => stack.edge.url, stack.edge.key);
  const figures: ModeFigures[] = [];
  for (const provider of PROVIDERS) {
    await client.publish({ name: provider, yaml: promptOf(provider) });
    for (const mode of MODES) figures.push(await measure(client, stack, { provider, mode, items }));
  }
  return figures;
}

function promptOf(provider: Provider): string {
  const template = '"Say hello to {{ who }}."';
  return `name: ${provider}\nmodel: ${MODELS[provider]}\ntemplate: ${template}\nvariables:\n  who: {type: string, required: true}\n`;
}

async function measure(
  client: BatchClient,
  { mock }: LocalStack,
  { provider, mode, items }: Pick<ModeFigures, "provider" | "mode"> & { items: number },
): Promise<ModeFigures> {
  const callsBefore = await mock.callCount();
  const began = performance.now();
  const lines = Array.from({ length: items }, (_, n) => JSON.stringify({ variables: { who: `${mode} ${n}` } }));
  const { id } = await client.upload(provider, `${lines.join("\n")}\n`, mode);
  for (;;) {
    const { counts, cost_usd, ended_at } = await client.get(id);
    const elapsedMs = performance.now() - began;
    if (ended_at !== null || elapsedMs > TIMEOUT_MS) {
      const calls = (await mock.callCount()) - callsBefore;
      return { mode, provider, succeeded: counts.succeeded, calls, cost_usd, seconds: elapsedMs / 1_000 };
    }
    await sleep(TICK_MS);
  }
}

function print(figures: ModeFigures[], items: number): void {
  const rows = figures.map(({ provider, mode, succeeded, calls, cost_usd, seconds }) => [
    `${provider}, ${mode}`,
    `${succeeded}/${items}`,
    `${calls}`,
    (calls / items).toFixed(4),
    cost_usd.toFixed(6),
    seconds.toFixed(0),
  ]);
  console.log(table([["", "succeeded", "calls", "calls/item", "USD", "s"], ...rows]));
  console.log(`target in mode provider: at most ${TARGET_CALLS_PER_ITEM} calls an item (−95 %)`);
  const durations = [1, 24].map((hours) => ({ hours, polls: pollsWithin(hours * 3_600_000) }));
  for (const provider of PROVIDERS) {
    const smallest = durations.map(({ hours, polls }) => {
      const needed = Math.ceil((FIXED_CALLS[provider] + polls) / TARGET_CALLS_PER_ITEM);
      return `${needed} items where the batch takes ${hours} h (${polls} polls)`;
    });
    console.log(`by the polling rule, ${provider} meets the target from ${smallest.join(", from ")}`);
  }
}

/** How many times the runtime polls a provider's batch that takes `ms`. */
function pollsWithin(ms: number): number {
  let polls = 1;
  for (let age = pollDelay(0); age < ms; age += pollDelay(age)) polls += 1;
  return polls;
}
