/**
 * `npm run bench -- zipf`: the hit rate and the saving of a Zipf-distributed replay through the
 * HTTP API. Fails where the replies, the provider's log and `GET /v1/usage` disagree.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { publishJson } from "../../../scripts/tenant.ts";
import { type Endpoint, executePrompt } from "../../harness/execution.ts";
import { type LocalStack, withLocalStack } from "../../harness/local-stack.ts";
import { describeMachine } from "../../harness/machine.ts";
import { percent } from "../../harness/numbers.ts";
import { table } from "../../harness/table.ts";
import { textPrompt } from "../../harness/text-prompt.ts";
import { bestHitRate, zipfSequence } from "./sequence.ts";
import { addExecution, emptyTotals, type ExecutionTotals, totalsOfUsage } from "./totals.ts";

/** `s` is the exponent of the distribution. */
export const FLAGS = {
  requests: { type: "string", default: "10000" },
  inputs: { type: "string", default: "1000" },
  s: { type: "string", default: "1" },
  seed: { type: "string", default: "1" },
  connections: { type: "string", default: "32" },
  isolates: { type: "string", default: "3" },
} as const satisfies ParseArgsOptionsConfig;

type Flags = ReturnType<typeof readFlags>;

const PROMPT = textPrompt("zipf");
/** The longest time until usage contains an execution, which is recorded behind its reply. */
const RECORDED_WITHIN_MS = 20_000;
const POLL_MS = 250;
const TIERS = ["memory", "edge", "kv", "flight"] as const;

/** The three accounts of one replay. */
interface ReplayAccounts {
  replies: ExecutionTotals;
  usage: ExecutionTotals;
  /** The number of calls in the provider's log. */
  calls: number;
  seconds: number;
}

/** Replays one sequence and compares the accounts. */
export async function run(args: string[]): Promise<boolean> {
  const flags = readFlags(args);
  const sequence = zipfSequence({
    requests: Number(flags.requests),
    inputs: Number(flags.inputs),
    s: Number(flags.s),
    seed: Number(flags.seed),
  });
  const options = { isolates: Number(flags.isolates) };
  const accounts = await withLocalStack(options, (stack) => measureReplay(stack, sequence, Number(flags.connections)));
  print(accounts, sequence, flags);
  const faults = faultsOf(accounts, sequence);
  for (const fault of faults) console.log(`BROKEN: ${fault}`);
  if (faults.length === 0) console.log("replies, usage and the provider's log agree");
  return faults.length === 0;
}

function readFlags(args: string[]) {
  return parseArgs({ args, options: FLAGS }).values;
}

async function measureReplay({ edge, mock }: LocalStack, sequence: number[], clients: number): Promise<ReplayAccounts> {
  await publishJson(edge.url, edge.key, PROMPT);
  const began = performance.now();
  const replies = await replay(edge, sequence, clients);
  const seconds = (performance.now() - began) / 1000;
  const calls = await mock.callCount();
  return { replies, usage: await readUsage(edge, sequence.length), calls, seconds };
}

/** Sends the sequence in its order from `clients` clients at a time, to the isolates in turns. */
async function replay({ urls, key }: LocalStack["edge"], sequence: number[], clients: number) {
  const totals = emptyTotals();
  let next = 0;
  const runClient = async () => {
    for (let n = next++; n < sequence.length; n = next++) {
      const text = `Question ${sequence[n]}: how does a cache of answers earn its keep?`;
      const endpoint = { url: urls[n % urls.length] ?? "", key };
      addExecution(totals, await executePrompt(endpoint, { prompt: PROMPT.name, variables: { text } }));
    }
  };
  await Promise.all(Array.from({ length: clients }, runClient));
  return totals;
}

/** Reads the tenant's usage until it contains all executions or 20 s are over. */
async function readUsage({ url, key }: Endpoint, executions: number): Promise<ExecutionTotals> {
  const until = performance.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
    const totals = totalsOfUsage(await response.json());
    if (totals.executions >= executions || performance.now() > until) return totals;
    await sleep(POLL_MS);
  }
}

function print({ replies, usage, calls, seconds }: ReplayAccounts, sequence: readonly number[], flags: Flags): void {
  const { commit, workerd } = describeMachine();
  const dollars = (nano: number) => `$${(nano / 1e9).toFixed(6)}`;
  const line = (name: string, figure: (totals: ExecutionTotals) => string) => [name, figure(replies), figure(usage)];
  const rows = [
    ["", "by the replies", "by /v1/usage"],
    line("executions", ({ executions }) => `${executions}`),
    ...TIERS.map((tier) => line(`from ${tier}`, ({ by }) => `${by[tier]}`)),
    line("not from a cache", ({ executions, hits }) => `${executions - hits}`),
    line("failed", ({ failed }) => `${failed}`),
    line("spent", ({ cost }) => dollars(cost)),
    line("saved", ({ saved }) => dollars(saved)),
    line("saved share of the cost without a cache", ({ cost, saved }) => percent(saved / (cost + saved), 2)),
  ];
  const hitRate = percent(replies.hits / replies.executions, 2);
  console.log(
    [
      `commit ${commit ?? "?"}, workerd ${workerd}, ${flags.isolates} isolates, ${flags.connections} clients`,
      `${replies.executions} requests over ${flags.inputs} inputs, s = ${flags.s}, seed ${flags.seed}, in ${seconds.toFixed(1)} s\n`,
      table(rows),
      `\ncalls in the provider's log: ${calls}; different inputs requested: ${new Set(sequence).size}`,
      `hit rate ${hitRate}; the best possible for this sequence is ${percent(bestHitRate(sequence), 2)}`,
    ].join("\n"),
  );
}

function faultsOf({ replies, usage, calls }: ReplayAccounts, sequence: readonly number[]): string[] {
  return Object.entries({
    [`${replies.failed} failed: ${replies.failure}`]: replies.failed === 0 && replies.executions === sequence.length,
    "replies and usage count hits differently": JSON.stringify(replies.by) === JSON.stringify(usage.by),
    "replies and usage count money differently": replies.cost === usage.cost && replies.saved === usage.saved,
    "the provider's log has another number of calls than the replies imply":
      calls === replies.executions - replies.hits,
    "not every execution is in the usage": replies.executions === usage.executions,
  }).flatMap(([fault, holds]) => (holds ? [] : [fault]));
}
