import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { BatchClient, itemLines, openItems } from "../../harness/batch-client.ts";
import { type ExecutionRequest, type ExecutionWatch, executePrompt } from "../../harness/execution.ts";

/** Who spends, and where. */
export interface Spender {
  urls: readonly string[];
  key: string;
  callers: number;
  /** Items that cost more together than the budget has. */
  items: number;
}

/** How many calls a budget refused, and what else went wrong. */
export interface Spending {
  refused: number;
  failures: string[];
}

/** Spends until the budget refuses everyone. */
export type SpendingPath = (spender: Spender) => Promise<Spending>;

/** The prompt of all paths. Its worst case is about twice what it costs. */
export const PROMPT = {
  name: "spend",
  yaml: `name: spend
model: gpt-4o-mini
max_tokens: 60
temperature: 0
template: Say something about {{ item }}.
variables:
  item: {type: string, required: true}
`,
};

/** The most calls that a caller makes: one that is never refused is a fault. */
const MOST_CALLS = 50;
const LONGEST_MS = 480_000;
const POLL_MS = 500;

type Form = (n: number) => Partial<ExecutionRequest> & ExecutionWatch;

/** Callers at once, each of which calls again and again until it is refused. */
function callingEach(form: Form, isFailing = false): SpendingPath {
  return async ({ urls, key, callers }) => {
    const spending: Spending = { refused: 0, failures: [] };
    let calls = 0;
    const call = async (caller: number) => {
      const url = urls[caller % urls.length] ?? "";
      for (let tries = 0; tries < MOST_CALLS; tries++) {
        const { idempotencyKey, ...more } = form((calls += 1));
        const request = { prompt: PROMPT.name, variables: { item: randomUUID() }, cache: false, ...more };
        const { status, complete, error } = await executePrompt({ url, key }, request, { idempotencyKey });
        if (status === 402) {
          spending.refused += 1;
          return;
        }
        if (!complete && !isFailing) spending.failures.push(error ?? String(status));
      }
      spending.failures.push("a caller was never refused");
    };
    await Promise.all(Array.from({ length: callers }, async (_, caller) => call(caller)));
    return spending;
  };
}

/** Asynchronous executions: more than the budget has room for, accepted at once. */
const acceptLater: SpendingPath = async ({ urls: [url = ""], key, items }) => {
  const client = new BatchClient(() => url, key);
  const accept = async () => client.acceptExecution(PROMPT.name, { item: randomUUID() });
  let open = await Promise.all(Array.from({ length: items }, accept));
  const ended = { succeeded: 0, failed: 0 };
  for (const until = performance.now() + LONGEST_MS; open.length > 0 && performance.now() < until;) {
    await sleep(POLL_MS);
    const states = await Promise.all(open.map(async (id) => client.statusOf(id)));
    for (const state of states) if (state === "succeeded" || state === "failed") ended[state] += 1;
    open = open.filter((_, index) => states[index] === "queued" || states[index] === "running");
  }
  return { refused: ended.failed, failures: open.length > 0 ? [`${open.length} executions never ended`] : [] };
};

/** A batch of more items than the budget has room for. */
function uploading(mode: "queue" | "provider"): SpendingPath {
  return async ({ urls: [url = ""], key, items }) => {
    const client = new BatchClient(() => url, key);
    const { id } = await client.upload(PROMPT.name, itemLines(randomUUID(), items), mode);
    const state = await client.watch(id, LONGEST_MS);
    const failures = openItems(state) > 0 ? [`${openItems(state)} items never ended`] : [];
    return { refused: state.counts.failed, failures };
  };
}

/** Every path of an execution, by name. */
export const PATHS = {
  whole: callingEach(() => ({})),
  streamed: callingEach(() => ({ stream: true })),
  keyed: callingEach(() => ({ idempotencyKey: randomUUID() })),
  // Five callers ask the same at once; a stored answer is free, too.
  flights: callingEach((n) => ({ cache: true, variables: { item: `shared ${Math.floor(n / 5)}` } })),
  asynchronous: acceptLater,
  batch: uploading("queue"),
  "batch at the provider": uploading("provider"),
  // A few calls break off, too few to open a breaker.
  "failing whole": callingEach(() => ({}), true),
  "failing streamed": callingEach(() => ({ stream: true }), true),
} satisfies Record<string, SpendingPath>;
