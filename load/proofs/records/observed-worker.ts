/**
 * The runtime with three more routes. `PUT /shard/MODE` makes one share of the ledger, the one that
 * took the last write at the first such call, hang for long, fail at once, or work. `GET /shard`
 * counts its writes by second, and the messages on the usage queue. `GET /intents` measures the
 * appends of intents so far, and begins anew.
 */
import worker from "../../../src/index.ts";
import { type Around, interceptCalls } from "../../harness/backend-calls.ts";

export * from "../../../src/index.ts";

/** The writes of records to the share in one second; up to 50 records make one write. */
export interface ShardSecond {
  /** Unix seconds. */
  second: number;
  writes: number;
}

/** What became of records since the start. */
export interface ShardFigures {
  seconds: ShardSecond[];
  /** Messages that were sent to the usage queue. */
  queued: number;
  /** Deliveries of its messages: more than were sent where some were delivered again. */
  delivered: number;
}

/** The appends of intents: their durations in ms. */
export interface IntentFigures {
  appends: number[];
}

const HANG_MS = 30_000;
const LOOK_MS = 100;
const WRITE = "ledger.append";
const DISTURBED = ["append", "intend", "find", "findEnded", "list", "usage"];

/** `last` is the share of the last write, and `share` the one that a mode is for. */
const shard = { mode: "ok", share: "", last: "", queued: 0, delivered: 0 };
let appends: number[] = [];
let observed: Env | undefined;
/** The writes of each share by second. */
const writes = new Map<string, Map<number, number>>();

const onShard: Around = async (_name, call) => {
  if (shard.mode === "refuse") throw new Error("the object refuses");
  for (let waited = 0; shard.mode === "hang"; waited += LOOK_MS) {
    if (waited >= HANG_MS) throw new Error("the object was reset");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return call();
};

const onAppend: Around = async (_name, call) => {
  const began = Date.now();
  const done = await call();
  appends.push(Date.now() - began);
  return done;
};

const onSend: Around = async (_name, call) => {
  shard.queued += 1;
  return call();
};

function noteWrite(share: string): void {
  const second = Math.floor(Date.now() / 1000);
  const seconds = writes.get(share) ?? new Map<number, number>();
  writes.set(share, seconds.set(second, (seconds.get(second) ?? 0) + 1));
  shard.last = share;
}

/** The ledger's objects, each disturbed as long as it is of the share that a mode is for. */
function disturbLedger(ledger: Env["LEDGER"]): Env["LEDGER"] {
  return new Proxy(ledger, {
    get(of, name) {
      if (name !== "getByName") return Reflect.get(of, name);
      return (object: string) => {
        const [, share = ""] = object.split("/");
        const around: Around = async (method, call) => {
          if (method === WRITE) noteWrite(share);
          return share === shard.share ? onShard(method, call) : call();
        };
        const disturbed = interceptCalls(of.getByName(object), "ledger", DISTURBED, around);
        return interceptCalls(disturbed, "intents", ["intend"], onAppend);
      };
    },
  });
}

function observe(env: Env): Env {
  observed ??= {
    ...env,
    LEDGER: disturbLedger(env.LEDGER),
    USAGE_QUEUE: interceptCalls(env.USAGE_QUEUE, "usage", ["send"], onSend),
  };
  return observed;
}

function shardFigures(): ShardFigures {
  const { queued, delivered } = shard;
  const seconds = [...(writes.get(shard.share) ?? [])].map(([second, count]) => ({ second, writes: count }));
  return { seconds, queued, delivered };
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const { pathname } = new URL(request.url);
    const [, route, next] = pathname.split("/");
    if (route === "shard" && next !== undefined) Object.assign(shard, { mode: next, share: shard.share || shard.last });
    if (route === "shard") return Response.json(shardFigures());
    if (route !== "intents") return worker.fetch(request, observe(env), context);
    const figures: IntentFigures = { appends };
    appends = [];
    return Response.json(figures);
  },
  async queue(batch: Parameters<typeof worker.queue>[0], env: Env) {
    if (batch.queue.endsWith("-usage")) shard.delivered += batch.messages.length;
    await worker.queue(batch, observe(env));
  },
  scheduled: async (controller: ScheduledController, env: Env) => worker.scheduled(controller, observe(env)),
};
