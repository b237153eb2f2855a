import { env } from "cloudflare:workers";
import { type CachedCopy, type ObjectCall, toPlain } from "./recording.ts";
import { OBJECTS } from "./stored-state.ts";

/** What a Worker did to its bindings. */
export interface Observed {
  env: Env;
  statements: Set<string>;
  copies: CachedCopy[];
  messages: { queue: string; body: unknown }[];
  calls: ObjectCall[];
  /** The ledger takes no records while this is set. */
  isLedgerDown: boolean;
  /** Stops watching the Cache API, which is no binding. */
  stop(): void;
}

const QUEUES = {
  USAGE_QUEUE: "pbt-edge-usage",
  HIGH_QUEUE: "pbt-edge-executions-high",
  STANDARD_QUEUE: "pbt-edge-executions-standard",
  BATCH_QUEUE: "pbt-edge-executions-batch",
  WEBHOOK_QUEUE: "pbt-edge-webhooks",
} as const;

/** Bindings like those of the tests, whose every use is noted. Messages go nowhere. */
export function observeEnv(): Observed {
  const observed: Observed = {
    env,
    statements: new Set(),
    copies: [],
    messages: [],
    calls: [],
    isLedgerDown: false,
    stop: watchEdge((copy) => observed.copies.push(copy)),
  };
  const shards = Object.entries(env).filter(([name]) => name.startsWith("DB_SHARD_"));
  observed.env = {
    ...env,
    ...Object.fromEntries(shards.map(([name, shard]) => [name, watchShard(shard as D1Database, observed)])),
    ...Object.fromEntries(OBJECTS.map((binding) => [binding, watchObjects(binding, observed)])),
    ...Object.fromEntries(Object.entries(QUEUES).map(([name, queue]) => [name, takeMessages(queue, observed)])),
    CACHE: instead(env.CACHE, {
      put: async (key: string, body: string, options: KVNamespacePutOptions) => {
        observed.copies.push({ tier: "kv", key, body, headers: {} });
        await env.CACHE.put(key, body, options);
      },
    }),
  };
  return observed;
}

/** The same object with some of its methods replaced. */
function instead<T extends object>(target: T, methods: object): T {
  return new Proxy(target, {
    get(of, name) {
      const member: unknown = Reflect.get(methods, name) ?? Reflect.get(of, name);
      return typeof member === "function" ? (member.bind(of) as unknown) : member;
    },
  });
}

function watchShard<T extends D1Database | D1DatabaseSession>(shard: T, observed: Observed): T {
  return instead(shard, {
    prepare: (sql: string) => {
      observed.statements.add(sql);
      return shard.prepare(sql);
    },
    ...("withSession" in shard && { withSession: (from: string) => watchShard(shard.withSession(from), observed) }),
  });
}

function watchObjects(binding: (typeof OBJECTS)[number], observed: Observed): object {
  const namespace: { getByName(name: string): object } = env[binding];
  const getByName = (name: string) => {
    const stub = namespace.getByName(name);
    return new Proxy(stub, {
      get(of, method) {
        const member: unknown = Reflect.get(of, method);
        if (typeof member !== "function" || typeof method !== "string") return member;
        return async (...args: unknown[]) => {
          if (binding === "LEDGER" && observed.isLedgerDown) throw new Error("the ledger is down");
          const at = Date.now();
          const given = toPlain(args) as unknown[];
          const reply: unknown = await Reflect.apply(member, of, args);
          observed.calls.push({ at, binding, name, method, args: given, reply: toPlain(reply ?? null) });
          return reply;
        };
      },
    });
  };
  return instead(namespace, { getByName });
}

function takeMessages(queue: string, { messages }: Observed): object {
  return {
    send: async (body: unknown) => void messages.push({ queue, body: toPlain(body) }),
    sendBatch: async (batch: Iterable<{ body: unknown }>) => {
      for (const { body } of batch) messages.push({ queue, body: toPlain(body) });
    },
  };
}

function watchEdge(onPut: (copy: CachedCopy) => void): () => void {
  const cache = caches.default;
  const put = cache.put.bind(cache);
  cache.put = async (key, response) => {
    const body = await response.clone().text();
    onPut({ tier: "edge", key: new Request(key).url, body, headers: Object.fromEntries(response.headers) });
    await put(key, response);
  };
  return () => void (cache.put = put);
}
