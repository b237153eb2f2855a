/**
 * The runtime with three more routes. `PUT /shard/MODE` makes one shard's statements on executions
 * hang until D1's limit, fail at once, or work. `GET /shard` counts them by second. `GET /intents`
 * measures the appends of intents so far, and begins anew.
 */
import worker from "../../../src/index.ts";
import { type Around, interceptD1, interceptObjects } from "../../harness/backend-calls.ts";

export { ExecutionIntents, Idempotency, ProviderGate, SingleFlight, TenantThrottle } from "../../../src/index.ts";

/** The statements of the shard in one second. */
export interface ShardSecond {
  /** Unix seconds. */
  second: number;
  calls: number;
}

/** The appends of intents: their durations in ms. */
export interface IntentFigures {
  appends: number[];
}

const D1_LIMIT_MS = 30_000;
const LOOK_MS = 100;

const shard = { mode: "ok" };
let appends: number[] = [];
let observed: Env | undefined;
const seconds = new Map<number, number>();

const onShard: Around = async (name, call) => {
  if (name !== "executions") return call();
  const second = Math.floor(Date.now() / 1000);
  seconds.set(second, (seconds.get(second) ?? 0) + 1);
  if (shard.mode === "refuse") throw new Error("D1_ERROR: the shard refuses");
  for (let waited = 0; shard.mode === "hang"; waited += LOOK_MS) {
    if (waited >= D1_LIMIT_MS) throw new Error("D1_ERROR: the query ran into its limit");
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

function observe(env: Env): Env {
  const nameOf = (queries: readonly string[]) =>
    queries.some((query) => /executions/.test(query)) ? "executions" : "d1";
  observed ??= {
    ...env,
    DB_SHARD_1: interceptD1(env.DB_SHARD_1, onShard, nameOf),
    EXECUTION_INTENTS: interceptObjects(env.EXECUTION_INTENTS, "intents", ["append"], onAppend),
  };
  return observed;
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const { pathname } = new URL(request.url);
    const [, route, next] = pathname.split("/");
    if (route === "shard" && next !== undefined) shard.mode = next;
    if (route === "shard") return Response.json([...seconds].map(([second, calls]) => ({ second, calls })));
    if (route !== "intents") return worker.fetch(request, observe(env), context);
    const figures: IntentFigures = { appends };
    appends = [];
    return Response.json(figures);
  },
  queue: async (batch: Parameters<typeof worker.queue>[0], env: Env) => worker.queue(batch, observe(env)),
  scheduled: async (controller: ScheduledController, env: Env) => worker.scheduled(controller, observe(env)),
};
