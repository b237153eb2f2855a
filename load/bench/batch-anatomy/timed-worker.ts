/**
 * The runtime with its queue consumer timed: the same code over bindings whose calls are timed, told under `GET /__anatomy`. Only the anatomy of a batch
 * bundles it. Every figure is this isolate's own clock, epoch ms.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import worker from "../../../src/index.ts";
import type { QueueMessage } from "../../../src/queue.ts";
import { type Around, counted, countedD1, countedObjects } from "../cache/backend-calls.ts";
import type { Anatomy, Invocation } from "./figures.ts";

export { Idempotency, ProviderGate, SingleFlight, TenantThrottle } from "../../../src/index.ts";

const told: Anatomy = { invocations: [], calls: {}, items: { claimed: 0, settled: 0, item_ms: 0 } };
const invocation = new AsyncLocalStorage<Invocation>();
let lookedAt = Date.now();

const timed: Around = async (name, call) => {
  const within = invocation.getStore();
  if (!within) return call();
  const began = Date.now();
  try {
    const answer = await call();
    if (name === "d1 claim") changeItems(within, rowsOf(answer, 1), 0);
    if (name === "d1 settle") changeItems(within, 0, changesOf(answer, 0));
    return answer;
  } finally {
    const now = Date.now();
    const calls = (told.calls[name] ??= { count: 0, ms: 0 });
    calls.count += 1;
    calls.ms += now - began;
    within.last_call = now;
  }
};

/** Keeps the integral of the items that are claimed and not settled: the time that all items together took. */
function changeItems(within: Invocation, claimed: number, settled: number): void {
  const now = Date.now();
  const { items } = told;
  items.item_ms += (items.claimed - items.settled) * (now - lookedAt);
  lookedAt = now;
  items.claimed += claimed;
  items.settled += settled;
  within.items += settled;
}

function rowsOf(answer: unknown, statement: number): number {
  return (answer as D1Result[])[statement]?.results.length ?? 0;
}

function changesOf(answer: unknown, statement: number): number {
  return (answer as D1Result[])[statement]?.meta.changes ?? 0;
}

/** What the consumer does in D1, by what its queries begin with. */
const PURPOSES: Array<[name: string, query: RegExp]> = [
  ["d1 claim", /update batch_items set state = 'running'/],
  ["d1 settle", /update batch_items set state = json_extract/],
  ["d1 requeue", /update batch_items set state = 'queued'/],
  ["d1 renew", /update batch_items set lease_until/],
  ["d1 reserve", /update batch_items set reserved/],
  ["d1 next due", /select min\(not_before\)/],
  ["d1 batch", /from "batches"/],
  ["d1 record", /insert into executions/],
];

function purposeOf(queries: readonly string[]): string {
  const [name] = PURPOSES.find(([, query]) => queries.some((each) => query.test(each))) ?? [];
  return name ?? `d1 ${queries.join("; ").trim().slice(0, 40)}`;
}

/** Services are built once for each env, so an isolate gets the same one every time. */
let wrapped: Env | null = null;

function wrap(env: Env): Env {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3, CACHE, PROVIDER_GATE, SINGLE_FLIGHT, BATCH_QUEUE } = env;
  wrapped ??= {
    ...env,
    DB_SHARD_0: countedD1(DB_SHARD_0, timed, purposeOf),
    DB_SHARD_1: countedD1(DB_SHARD_1, timed, purposeOf),
    DB_SHARD_2: countedD1(DB_SHARD_2, timed, purposeOf),
    DB_SHARD_3: countedD1(DB_SHARD_3, timed, purposeOf),
    CACHE: counted(CACHE, "kv", ["get", "put", "delete"], timed),
    PROVIDER_GATE: countedObjects(PROVIDER_GATE, "gate", ["acquire", "settle"], timed),
    SINGLE_FLIGHT: countedObjects(SINGLE_FLIGHT, "flight", ["join", "lead"], timed),
    BATCH_QUEUE: counted(BATCH_QUEUE, "queue", ["send", "sendBatch"], timed),
  };
  return wrapped;
}

const outbound = globalThis.fetch.bind(globalThis);
globalThis.fetch = async (...args: Parameters<typeof fetch>) => timed("provider", async () => outbound(...args));

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    if (new URL(request.url).pathname === "/__anatomy") return Response.json(told);
    return worker.fetch(request, wrap(env), context);
  },
  async queue(batch: MessageBatch<QueueMessage>, env: Env) {
    const began = Date.now();
    const { length: messages } = batch.messages;
    const one: Invocation = { queue: batch.queue, messages, began, returned: null, last_call: began, items: 0 };
    told.invocations.push(one);
    try {
      await invocation.run(one, async () => worker.queue(batch, wrap(env)));
    } finally {
      one.returned = Date.now();
    }
  },
  scheduled: worker.scheduled,
};
