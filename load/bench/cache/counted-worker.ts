/**
 * The runtime with its backend calls counted: the same code over bindings that count each call.
 * A request may ask with `x-bench-delay-ms` for a delay of every backend call, and with
 * `x-bench-edge: off` for an empty Cache API. The reply's `x-bench-calls` counts the calls that
 * began before it was sent, and `x-bench-ms` is how long it took.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import worker from "../../../src/index.ts";
import { interceptCalls, interceptObjects, interceptShards } from "../../harness/backend-calls.ts";

export * from "../../../src/index.ts";

interface RequestScope {
  /** Calls that began, by name. */
  begun: Record<string, number>;
  delayMs: number;
  edgeOff: boolean;
}

const scope = new AsyncLocalStorage<RequestScope>();

async function onCall<T>(name: string, call: () => Promise<T>): Promise<T> {
  const current = scope.getStore();
  if (!current) return call();
  current.begun[name] = (current.begun[name] ?? 0) + 1;
  if (current.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, current.delayMs));
  return call();
}

/** One object for all requests: the runtime builds its services once for each `env`. */
let countedEnv: Env | null = null;

function withCountedBindings(env: Env): Env {
  countedEnv ??= {
    ...env,
    ...interceptShards(env, onCall),
    CACHE: interceptCalls(env.CACHE, "kv", ["get", "put", "delete"], onCall),
    SINGLE_FLIGHT: interceptObjects(env.SINGLE_FLIGHT, "flight", ["fetch", "lead"], onCall),
    IDEMPOTENCY: interceptObjects(env.IDEMPOTENCY, "idempotency", ["claim", "settle", "release"], onCall),
    USAGE_QUEUE: interceptCalls(env.USAGE_QUEUE, "queue", ["send"], onCall),
  };
  return countedEnv;
}

const edge = caches.default;
const emptyable = {
  match: async (key: string) => (scope.getStore()?.edgeOff ? undefined : edge.match(key)),
  put: async (key: string, response: Response) => (scope.getStore()?.edgeOff ? undefined : edge.put(key, response)),
  delete: async (key: string) => edge.delete(key),
};
Object.defineProperty(globalThis, "caches", {
  value: { default: interceptCalls(emptyable, "edge", ["match", "put", "delete"], onCall) },
});

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const delayMs = Number(request.headers.get("x-bench-delay-ms") ?? 0);
    const current: RequestScope = { begun: {}, delayMs, edgeOff: request.headers.get("x-bench-edge") === "off" };
    return scope.run(current, async () => {
      const began = Date.now();
      const reply = await worker.fetch(request, withCountedBindings(env), context);
      const headers = new Headers(reply.headers);
      headers.set("x-bench-ms", String(Date.now() - began));
      headers.set("x-bench-calls", JSON.stringify(current.begun));
      return new Response(reply.body, { status: reply.status, headers });
    });
  },
  queue: worker.queue,
};
