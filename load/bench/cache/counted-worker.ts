/**
 * The runtime with its backends counted: the same code over bindings that tell of each call, and delay it where a request asks for that. Only the bench bundles it.
 * `x-bench-delay-ms` delays every backend call of a request, `x-bench-edge: off` makes the Cache API empty for it; `x-bench-calls` on the reply names the calls
 * that were begun before it left, and `x-bench-ms` is how long it took.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import worker from "../../../src/index.ts";
import { type BackendLog, counted, countedD1, countedObjects } from "./backend-calls.ts";

export { Idempotency, ProviderGate, SingleFlight, TenantThrottle } from "../../../src/index.ts";

interface Scope extends BackendLog {
  delayMs: number;
  edgeOff: boolean;
}

const scope = new AsyncLocalStorage<Scope>();

async function onCall<T>(name: string, call: () => Promise<T>): Promise<T> {
  const at = scope.getStore();
  if (!at) return call();
  at.begun[name] = (at.begun[name] ?? 0) + 1;
  if (at.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, at.delayMs));
  return call();
}

/** Services are built once for each env, so an isolate gets the same one every time. */
let wrapped: Env | null = null;

function wrap(env: Env): Env {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3, CACHE, SINGLE_FLIGHT, IDEMPOTENCY, USAGE_QUEUE } = env;
  wrapped ??= {
    ...env,
    DB_SHARD_0: countedD1(DB_SHARD_0, onCall),
    DB_SHARD_1: countedD1(DB_SHARD_1, onCall),
    DB_SHARD_2: countedD1(DB_SHARD_2, onCall),
    DB_SHARD_3: countedD1(DB_SHARD_3, onCall),
    CACHE: counted(CACHE, "kv", ["get", "put", "delete"], onCall),
    SINGLE_FLIGHT: countedObjects(SINGLE_FLIGHT, "flight", ["join", "lead"], onCall),
    IDEMPOTENCY: countedObjects(IDEMPOTENCY, "idempotency", ["claim", "settle", "release"], onCall),
    USAGE_QUEUE: counted(USAGE_QUEUE, "queue", ["send"], onCall),
  };
  return wrapped;
}

const edge = caches.default;
const emptyable = {
  match: async (key: string) => (scope.getStore()?.edgeOff ? undefined : edge.match(key)),
  put: async (key: string, response: Response) => (scope.getStore()?.edgeOff ? undefined : edge.put(key, response)),
  delete: async (key: string) => edge.delete(key),
};
Object.defineProperty(globalThis, "caches", {
  value: { default: counted(emptyable, "edge", ["match", "put", "delete"], onCall) },
});

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const delayMs = Number(request.headers.get("x-bench-delay-ms") ?? 0);
    const at: Scope = { begun: {}, delayMs, edgeOff: request.headers.get("x-bench-edge") === "off" };
    return scope.run(at, async () => {
      const began = Date.now();
      const reply = await worker.fetch(request, wrap(env), context);
      const headers = new Headers(reply.headers);
      headers.set("x-bench-ms", String(Date.now() - began));
      headers.set("x-bench-calls", JSON.stringify(at.begun));
      return new Response(reply.body, { status: reply.status, headers });
    });
  },
  queue: worker.queue,
};
