import { env } from "cloudflare:workers";

/** What the platform throws: of a locked database, of a fault of its own, of a lost connection. */
const ERRORS = [
  "D1_ERROR: database is locked: SQLITE_BUSY",
  "internal error; reference = 0123456789",
  "Network connection lost.",
];

/** How a part of storage fails. Each call that throws does so with the next of the errors. */
export const MANNERS = {
  throws: async (calls) => Promise.reject(new Error(ERRORS[calls % ERRORS.length])),
  hangs: async () => new Promise<never>(() => undefined),
} satisfies Record<string, (calls: number) => Promise<never>>;

/** A manner of {@link MANNERS}. */
export type Manner = keyof typeof MANNERS;

/** The parts of storage that fail together. */
export const PARTS = {
  D1: ["DB_SHARD_0", "DB_SHARD_1", "DB_SHARD_2", "DB_SHARD_3"],
  KV: ["CACHE"],
  R2: ["LEDGER_ARCHIVE"],
  ledger: ["LEDGER"],
  "idempotency keys": ["IDEMPOTENCY"],
  gate: ["PROVIDER_GATE"],
  throttle: ["TENANT_THROTTLE"],
  budgets: ["TENANT_BUDGETS"],
  flights: ["SINGLE_FLIGHT"],
  "old intents": ["EXECUTION_INTENTS"],
  metrics: ["METRICS"],
  queues: ["USAGE_QUEUE", "HIGH_QUEUE", "STANDARD_QUEUE", "BATCH_QUEUE", "WEBHOOK_QUEUE"],
} satisfies Record<string, (keyof Env)[]>;

/** A part of {@link PARTS}. */
export type Part = keyof typeof PARTS;

/** The bindings of an isolate, of which one part can fail. */
export interface FailingBindings {
  bindings: Env;
  /** Lets the part fail in this manner; null mends it. */
  fail: (manner: Manner | null) => void;
}

/** Methods that only make something to call: the call itself fails. */
const MAKERS = new Set<string | symbol>(["prepare", "bind", "getByName", "withSession"]);

/** Bindings whose `part` works until it is told to fail. `own` stands in for bindings of the engine. */
export function failingBindings(part: Part, settings: Record<string, string>, own: object = {}): FailingBindings {
  const working = { ...env, ...own } as Env;
  let manner: Manner | null = null;
  let calls = 0;
  const plain = new WeakMap<object, object>();
  const failing = <T extends object>(binding: T): T => {
    const front = new Proxy(binding, {
      get(of, name) {
        const member: unknown = Reflect.get(of, name);
        if (typeof member !== "function") return member;
        return (...given: unknown[]): unknown => {
          if (!MAKERS.has(name) && manner) return MANNERS[manner](calls++);
          const real = given.map((each) => (Array.isArray(each) ? each.map((one) => plain.get(one) ?? one) : each));
          const result: unknown = Reflect.apply(member, of, real);
          return MAKERS.has(name) ? failing(result as object) : result;
        };
      },
    });
    plain.set(front, binding);
    return front;
  };
  const broken = PARTS[part].map((name) => [name, failing(working[name])] as const);
  return {
    bindings: { ...working, ...settings, ...Object.fromEntries(broken) },
    fail: (next) => (manner = next),
  };
}
