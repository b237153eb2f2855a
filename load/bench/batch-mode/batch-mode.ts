/**
 * `npm run bench:batch-mode`: what a batch costs in calls to the provider, counted in the mock's log, in mode `queue` and in mode `provider`, through
 * the HTTP API of a running server. Fails where an item did not succeed, or mode `provider` takes more than 0.05 calls an item.
 * Takes a minute and a half: a provider's batch is first looked at after a minute. `--items` 1,000.
 */
import { parseArgs } from "node:util";
import { pollDelay } from "../../../src/domain/batches/provider-batch.ts";
import { startEdge } from "../../harness/edge.ts";
import type { EdgeProcess } from "../../harness/edge.ts";
import { startMock } from "../../harness/mock.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { table } from "../../harness/table.ts";
import type { CallPage } from "../../mock/mock-provider.ts";

const TARGET = 0.05;
const MODELS = { openai: "gpt-4o-mini", anthropic: "claude-haiku-4-5" } as const;
const TICK_MS = 2_000;
const GIVE_UP_MS = 120_000;
/** Calls that a submission and its results take beside the looks at it: OpenAI's file, batch, and two files of results; Anthropic's batch and results. */
const FIXED_CALLS = { openai: 4, anthropic: 2 } as const;

type Provider = keyof typeof MODELS;

interface Outcome {
  mode: string;
  provider: Provider;
  items: number;
  succeeded: number;
  calls: number;
  cost: number;
  seconds: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { items: { type: "string", default: "1000" } } });
  const items = Number(values.items);
  const mock = await startMock();
  const edge = await startEdge(mock, { cronMs: TICK_MS });
  try {
    const outcomes: Outcome[] = [];
    for (const provider of ["openai", "anthropic"] as const) {
      await publish(edge, provider);
      for (const mode of ["queue", "provider"]) outcomes.push(await run(edge, mock, { provider, mode, items }));
    }
    print(outcomes, items);
    const fits = outcomes.every(({ mode, calls }) => mode === "queue" || calls / items <= TARGET);
    process.exitCode = fits && outcomes.every(({ succeeded }) => succeeded === items) ? 0 : 1;
  } finally {
    await edge.stop();
    await mock.stop();
  }
}

async function publish(edge: EdgeProcess, provider: Provider): Promise<void> {
  const template = '"Say hello to {{ who }}."';
  const body = `name: ${provider}\nmodel: ${MODELS[provider]}\ntemplate: ${template}\nvariables:\n  who: {type: string, required: true}\n`;
  await ask(edge, "PUT", `/v1/prompts/${provider}`, body, "application/yaml");
}

async function run(
  edge: EdgeProcess,
  mock: MockProcess,
  { provider, mode, items }: { provider: Provider; mode: string; items: number },
): Promise<Outcome> {
  const before = await callsOf(mock);
  const started = performance.now();
  const lines = Array.from({ length: items }, (_, n) => JSON.stringify({ variables: { who: `${mode} ${n}` } }));
  const path = `/v1/batches?prompt=${provider}&mode=${mode}`;
  const { id } = await ask(edge, "POST", path, `${lines.join("\n")}\n`, "application/x-ndjson");
  for (;;) {
    const batch = await ask(edge, "GET", `/v1/batches/${String(id)}`);
    const { succeeded } = batch["counts"] as { succeeded: number };
    const seconds = (performance.now() - started) / 1_000;
    if (batch["ended_at"] !== null || seconds * 1_000 > GIVE_UP_MS) {
      const calls = (await callsOf(mock)) - before;
      return { mode, provider, items, succeeded, calls, cost: Number(batch["cost_usd"]), seconds };
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

async function callsOf(mock: MockProcess): Promise<number> {
  const page = (await (await fetch(`${mock.url}/__mock/calls?limit=1`)).json()) as CallPage;
  return page.total;
}

async function ask(
  edge: EdgeProcess,
  method: string,
  path: string,
  body?: string,
  type?: string,
): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${edge.key}`, ...(type === undefined ? {} : { "content-type": type }) };
  const response = await fetch(`${edge.url}${path}`, { method, headers, body });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  return await response.json();
}

function print(outcomes: Outcome[], items: number): void {
  const rows = outcomes.map(({ provider, mode, succeeded, calls, cost, seconds }) => [
    `${provider}, ${mode}`,
    `${succeeded}/${items}`,
    `${calls}`,
    (calls / items).toFixed(4),
    cost.toFixed(6),
    seconds.toFixed(0),
  ]);
  console.log(table([["", "succeeded", "calls", "calls/item", "USD", "s"], ...rows]));
  console.log(`target in mode provider: at most ${TARGET} calls an item (−95 %)`);
  const hours = [1, 24].map((hour) => ({ hour, looks: looksIn(hour * 3_600_000) }));
  for (const provider of ["openai", "anthropic"] as const) {
    const fewest = hours.map(({ hour, looks }) => {
      return `${Math.ceil((FIXED_CALLS[provider] + looks) / TARGET)} items where it takes ${hour} h (${looks} looks)`;
    });
    console.log(`by the poll's own rule, ${provider} is within it from ${fewest.join(", from ")}`);
  }
}

/** How often a batch is looked at that ends after so long. */
function looksIn(ms: number): number {
  let looks = 1;
  for (let age = pollDelay(0); age < ms; age += pollDelay(age)) looks += 1;
  return looks;
}

await main();
