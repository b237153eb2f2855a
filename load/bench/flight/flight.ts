/**
 * `npm run bench -- flight`: what a call costs at the object of its flight while nobody shares it,
 * the CPU of such calls, and how long a follower waits that joins a stream in its middle.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usageOf } from "../../../scripts/process-usage.ts";
import { publishJson } from "../../../scripts/tenant.ts";
import { executePrompt } from "../../harness/execution.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { describeMachine } from "../../harness/machine.ts";
import { digits, percentile } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import type { FlightMeter } from "./metered-worker.ts";

/** Calls for the object's bill; pairs of leader and follower; calls for the CPU. */
export const FLAGS = {
  calls: { type: "string", default: "40" },
  pairs: { type: "string", default: "20" },
  cpu: { type: "string", default: "3000" },
} as const satisfies ParseArgsOptionsConfig;

const PROMPT = "flight-bench";
/** A second until the first token, then about a second of tokens. */
const SLOW = { delay_ms: 1_000, tokens_per_s: 40 };
const CONNECTIONS = 8;
/** Duration of an object in dollars for each millisecond: 128 MB at $12.50 a million GB-s. */
const USD_PER_MS = (0.128 * 12.5) / 1e6 / 1_000;
const USD_PER_REQUEST = 0.15 / 1e6;
/** So many messages of a WebSocket are billed as one request. A close is not billed. */
const MESSAGES_PER_REQUEST = 20;

/** Measures and prints. */
export async function run(args: string[]): Promise<boolean> {
  const { values: flags } = parseArgs({ args, options: FLAGS });
  const { commit, workerd, cores } = describeMachine();
  console.log(`commit ${commit ?? "?"}, workerd ${workerd}, ${cores} cores\n`);
  await withLocalStack({ entry: "load/bench/flight/metered-worker.ts" }, async (stack) => {
    await publishJson(stack.edge.url, stack.edge.key, textPrompt(PROMPT));
    await callAlone(stack, CONNECTIONS, () => true);
    await stack.mock.profile({ default: SLOW });
    await takeMeter(stack);
    const rows = [];
    for (const stream of [true, false]) rows.push(await measureBill(stack, Number(flags.calls), stream));
    const head = ["1,000 calls that are not shared", "at the object, for one call", "busy ms", "bytes", "USD"];
    console.log(table([head, ...rows]));
    const waits = await measureFollowers(stack, Number(flags.pairs));
    console.log(`\na follower's first piece, joining a stream: ${waits} ms after its request (p50/p99)`);
  });
  await withLocalStack({}, async (stack) => {
    await publishJson(stack.edge.url, stack.edge.key, textPrompt(PROMPT));
    await callAlone(stack, 400, (n) => n % 2 === 0);
    const before = usageOf(stack.edge.pid)?.cpuMs ?? NaN;
    await callAlone(stack, Number(flags.cpu), (n) => n % 2 === 0);
    const used = (usageOf(stack.edge.pid)?.cpuMs ?? NaN) - before;
    console.log(`CPU of a call that is not shared, half of them streamed: ${digits(used / Number(flags.cpu))} ms`);
  });
  return true;
}

let inputs = 0;

/** Makes calls of which no two ask the same. */
async function callAlone({ edge }: LocalStack, calls: number, isStream: (n: number) => boolean): Promise<void> {
  let n = 0;
  const connection = async () => {
    for (let mine = n++; mine < calls; mine = n++) {
      const request = { prompt: PROMPT, variables: { text: `Alone ${++inputs}.` }, stream: isStream(mine) };
      const { complete, status, error } = await executePrompt(edge, request);
      if (!complete) throw new Error(`a call failed: ${status} ${error}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
}

async function measureBill(stack: LocalStack, calls: number, stream: boolean): Promise<string[]> {
  await callAlone(stack, calls, () => stream);
  const { handled, busy_ms, bytes } = await takeMeter(stack);
  const { webSocketMessage: messages = 0, webSocketClose: _unbilled, ...requests } = handled;
  const billed = Object.values(requests).reduce((sum, count) => sum + count, messages / MESSAGES_PER_REQUEST);
  const usd = (1_000 * (billed * USD_PER_REQUEST + busy_ms * USD_PER_MS)) / calls;
  const each = Object.entries(handled).map(([name, count]) => `${digits(count / calls)} ${name}`);
  const row = [each.join(", "), digits(busy_ms / calls), digits(bytes / calls), usd.toFixed(5)];
  return [stream ? "streamed" : "whole", ...row];
}

/** Lets a follower join each leader when its first piece has come. */
async function measureFollowers({ edge }: LocalStack, pairs: number): Promise<string> {
  const waits: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const request = { prompt: PROMPT, variables: { text: `Shared ${++inputs}.` }, stream: true };
    const { promise: began, resolve: onDelta } = Promise.withResolvers<void>();
    const leader = executePrompt(edge, request, { onDelta });
    await began;
    const joined = performance.now();
    const { deltas, cache } = await executePrompt(edge, request);
    if (cache !== "hit; flight") throw new Error(`the follower got a ${cache}`);
    waits.push((deltas[0] ?? NaN) - joined);
    await leader;
  }
  return `${digits(percentile(waits, 50))} / ${digits(percentile(waits, 99))}`;
}

/** The figures so far. They are settled behind the replies. */
async function takeMeter({ edge }: LocalStack): Promise<FlightMeter> {
  await sleep(SETTLE_MS);
  const response = await fetch(`${edge.url}/__flight`);
  return response.json();
}

const SETTLE_MS = 500;
