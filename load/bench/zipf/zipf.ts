/**
 * `npm run bench:zipf`: the hit rate and the saving of a Zipf-distributed replay through the HTTP API, by the replies, by the provider's own log, and by
 * `GET /v1/usage`: all three must agree. Exit code 1 where they do not. Flags: `--requests 10000`, `--inputs 1000`, `--s 1`, `--seed 1`, `--connections 32`, `--isolates 3`.
 */
import { parseArgs } from "node:util";
import { publishJson } from "../../../scripts/tenant.ts";
import { startEdge } from "../../harness/edge.ts";
import { type Caller, execute } from "../../harness/execution.ts";
import { describeMachine } from "../../harness/machine.ts";
import { startMock } from "../../harness/mock.ts";
import { table } from "../../harness/table.ts";
import { bestHitRate, zipfSequence } from "./sequence.ts";
import { addReply, emptyTally, readTally, type Tally } from "./tally.ts";

const PROMPT = "zipf";
const DEFINITION = {
  name: PROMPT,
  model: "gpt-4o-mini",
  template: "{{ text }}",
  variables: { text: { type: "string", required: true } },
  settings: { temperature: 0, max_tokens: 200 },
};
/** Records are written behind the replies. Milliseconds. */
const RECORDED_WITHIN_MS = 20_000;

const { values: flags } = parseArgs({
  options: {
    requests: { type: "string", default: "10000" },
    inputs: { type: "string", default: "1000" },
    s: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    connections: { type: "string", default: "32" },
    isolates: { type: "string", default: "3" },
  },
});
const sequence = zipfSequence({
  requests: Number(flags.requests),
  inputs: Number(flags.inputs),
  s: Number(flags.s),
  seed: Number(flags.seed),
});
const mock = await startMock();
try {
  const edge = await startEdge(mock, { isolates: Number(flags.isolates) });
  try {
    await publishJson(edge.url, edge.key, DEFINITION);
    const began = performance.now();
    const replies = await replay(edge.urls, edge.key);
    const seconds = (performance.now() - began) / 1000;
    const { total: calls } = await mock.calls(Number.MAX_SAFE_INTEGER);
    process.exitCode = report(replies, await booked(edge), calls, seconds) ? 0 : 1;
  } finally {
    await edge.stop();
  }
} finally {
  await mock.stop();
}

/** The whole sequence, in its order, over so many callers at a time; the isolates take turns. */
async function replay(urls: readonly string[], key: string): Promise<Tally> {
  const tally = emptyTally();
  let next = 0;
  const caller = async () => {
    for (let n = next++; n < sequence.length; n = next++) {
      const text = `Question ${sequence[n]}: how does a cache of answers earn its keep?`;
      const at = { url: urls[n % urls.length] ?? "", key };
      addReply(tally, await execute(at, { prompt: PROMPT, variables: { text } }));
    }
  };
  await Promise.all(Array.from({ length: Number(flags.connections) }, caller));
  return tally;
}

/** What the runtime's own books say, once all is in them. */
async function booked({ url, key }: Caller): Promise<Tally> {
  const until = performance.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
    const tally = readTally(await response.json());
    if (tally.executions >= sequence.length || performance.now() > until) return tally;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Prints all, and says whether the three accounts agree. */
function report(replies: Tally, books: Tally, calls: number, seconds: number): boolean {
  const { commit, workerd } = describeMachine();
  const all = replies.executions;
  const best = bestHitRate(sequence);
  const hitRate = replies.hits / all;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const dollars = (nano: number) => `$${(nano / 1e9).toFixed(6)}`;
  console.log(`commit ${commit ?? "?"}, workerd ${workerd}, ${flags.isolates} isolates, ${flags.connections} callers`);
  console.log(
    `${all} requests over ${flags.inputs} inputs, s = ${flags.s}, seed ${flags.seed}, in ${seconds.toFixed(1)} s\n`,
  );
  const line = (what: string, of: (tally: Tally) => string) => [what, of(replies), of(books)];
  const tiers = ["memory", "edge", "kv", "flight"] as const;
  console.log(
    table([
      ["", "by the replies", "by /v1/usage"],
      line("executions", ({ executions }) => `${executions}`),
      ...tiers.map((tier) => line(`from ${tier}`, ({ by }) => `${by[tier]}`)),
      line("not from a cache", ({ executions, hits }) => `${executions - hits}`),
      line("failed", ({ failed }) => `${failed}`),
      line("spent", ({ cost }) => dollars(cost)),
      line("saved", ({ saved }) => dollars(saved)),
      line("saved of what it would have cost", ({ cost, saved }) => percent(saved / (cost + saved))),
    ]),
  );
  console.log(`\ncalls in the provider's log: ${calls}; different inputs asked for: ${new Set(sequence).size}`);
  console.log(`hit rate ${percent(hitRate)} of at best ${percent(best)} for this sequence`);
  const faults = [
    replies.failed === 0 && all === sequence.length ? "" : `${replies.failed} failed: ${replies.failure}`,
    JSON.stringify(replies.by) === JSON.stringify(books.by) ? "" : "replies and usage count hits differently",
    replies.cost === books.cost && replies.saved === books.saved ? "" : "replies and usage count money differently",
    calls === all - replies.hits ? "" : "the provider's log has other calls than the replies tell of",
    replies.executions === books.executions ? "" : "not every execution is in the books",
  ].filter(Boolean);
  for (const fault of faults) console.log(`BROKEN: ${fault}`);
  if (faults.length === 0) console.log("replies, books and the provider's log agree");
  return faults.length === 0;
}
