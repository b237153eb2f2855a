/**
 * The runtime with its queue consumer timed: the same code over bindings whose calls are timed.
 * `GET /__anatomy` returns the figures. All times are this isolate's clock, Unix ms.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import worker from "../../../src/index.ts";
import type { QueueMessage } from "../../../src/queue.ts";
import { type Around, interceptCalls, interceptObjects, interceptShards } from "../../harness/backend-calls.ts";
import type { Anatomy, Invocation } from "./figures.ts";

export * from "../../../src/index.ts";

const anatomy: Anatomy = { invocations: [], calls: {}, items: { claimed: 0, settled: 0, item_ms: 0 } };
const invocation = new AsyncLocalStorage<Invocation>();
/** The last time that `item_ms` was brought up to date. */
let integratedUntil = Date.now();

const timed: Around = async (name, call) => {
  const current = invocation.getStore();
  if (!current) return call();
  const began = Date.now();
  try {
    const answer = await call();
    if (name === "d1 claim") changeItems(current, rowsOf(answer, 1), 0);
    if (name === "d1 settle") changeItems(current, 0, changesOf(answer, 0));
    return answer;
  } finally {
    const now = Date.now();
    const calls = (anatomy.calls[name] ??= { count: 0, ms: 0 });
    calls.count += 1;
    calls.ms += now - began;
    current.last_call = now;
  }
};

/** Adds to `item_ms` the time since the last change, once for each item that was running. */
function changeItems(current: Invocation, claimed: number, settled: number): void {
  const now = Date.now();
  const { items } = anatomy;
  items.item_ms += (items.claimed - items.settled) * (now - integratedUntil);
  integratedUntil = now;
  items.claimed += claimed;
  items.settled += settled;
  current.items += settled;
}

function rowsOf(answer: unknown, statement: number): number {
  return (answer as D1Result[])[statement]?.results.length ?? 0;
}

function changesOf(answer: unknown, statement: number): number {
  return (answer as D1Result[])[statement]?.meta.changes ?? 0;
}

/** The purpose of the consumer's D1 queries, recognised by their text. */
const PURPOSES: Array<[name: string, query: RegExp]> = [
  ["d1 claim", /update batch_items set state = 'running'/],
  ["d1 settle", /update batch_items set state = json_extract/],
  ["d1 requeue", /update batch_items set state = 'queued'/],
  ["d1 renew", /update batch_items set lease_until/],
  ["d1 reserve", /update batch_items set reserved/],
  ["d1 next due", /select min\(not_before\)/],
  ["d1 batch", /from "batches"/],
];

function purposeOf(queries: readonly string[]): string {
  const [name] = PURPOSES.find(([, query]) => queries.some((each) => query.test(each))) ?? [];
  return name ?? `d1 ${queries.join("; ").trim().slice(0, 40)}`;
}

/** One object for all requests: the runtime builds its services once for each `env`. */
let timedEnv: Env | null = null;

function withTimedBindings(env: Env): Env {
  timedEnv ??= {
    ...env,
    ...interceptShards(env, timed, purposeOf),
    CACHE: interceptCalls(env.CACHE, "kv", ["get", "put", "delete"], timed),
    LEDGER: interceptObjects(env.LEDGER, "ledger", ["append"], timed),
    PROVIDER_GATE: interceptObjects(env.PROVIDER_GATE, "gate", ["acquire", "settle"], timed),
    SINGLE_FLIGHT: interceptObjects(env.SINGLE_FLIGHT, "flight", ["fetch", "lead"], timed),
    BATCH_QUEUE: interceptCalls(env.BATCH_QUEUE, "queue", ["send", "sendBatch"], timed),
  };
  return timedEnv;
}

const outbound = globalThis.fetch.bind(globalThis);
globalThis.fetch = async (...args: Parameters<typeof fetch>) => timed("provider", async () => outbound(...args));

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    if (new URL(request.url).pathname === "/__anatomy") return Response.json(anatomy);
    return worker.fetch(request, withTimedBindings(env), context);
  },
  async queue(batch: MessageBatch<QueueMessage>, env: Env) {
    const began = Date.now();
    const { length: messages } = batch.messages;
    const current: Invocation = { queue: batch.queue, messages, began, returned: null, last_call: began, items: 0 };
    anatomy.invocations.push(current);
    try {
      await invocation.run(current, async () => worker.queue(batch, withTimedBindings(env)));
    } finally {
      current.returned = Date.now();
    }
  },
  scheduled: worker.scheduled,
};
