import { LONGEST_ACQUIRE_MS } from "../domain/gate/protocol/messages.ts";
import { shardsAmong } from "../storage/shards.ts";
import { isFaultOfOurs, StorageOutage } from "../domain/outage.ts";
import { withTimeout } from "../lib/deadline.ts";

/** Runs one call of a method to a part of storage. */
type Call = <T>(method: string | symbol, work: () => Promise<T>) => Promise<T>;

/** Is told of each call that ended, by the part of storage. */
type WatchCall = (part: string, outcome: "answered" | "failed", ms: number) => void;

/** Methods whose callers all have a time limit of their own: a timer costs 10 µs. */
const TIMED_BY_CALLERS = new Set<string | symbol>(["append", "intend"]);

/** How long an object keeps a call before it answers, in ms, by the names of its methods. */
const KEPT_MS = new Map<string | symbol, number>([
  ["acquire", LONGEST_ACQUIRE_MS],
  ["branchAcquire", LONGEST_ACQUIRE_MS],
]);

/**
 * Bindings whose every call ends: with its answer, with an error that is about what was asked, or
 * with a {@link StorageOutage}, after `timeoutMs` milliseconds at the latest; later where the object
 * keeps the call for long. Flights last as long as their answers, and the cache tiers tolerate their
 * faults, so those stay as they are. `onCall` is told of every call.
 */
export function boundStorage<Bindings extends Env>(
  env: Bindings,
  timeoutMs: number,
  onCall: WatchCall = () => undefined,
): Bindings {
  const callOf = (part: string): Call => {
    return async (method, work) => {
      const withinMs = timeoutMs + (KEPT_MS.get(method) ?? 0);
      const late = () => new Error(`There was no answer within ${withinMs} ms.`);
      const startedAt = performance.now();
      let outcome: "answered" | "failed" = "failed";
      try {
        const answer = await (TIMED_BY_CALLERS.has(method) ? work() : withTimeout(work(), withinMs, late));
        outcome = "answered";
        return answer;
      } catch (error) {
        throw isFaultOfOurs(error) ? error : new StorageOutage(part, error);
      } finally {
        onCall(part, outcome, performance.now() - startedAt);
      }
    };
  };
  const { LEDGER, IDEMPOTENCY, PROVIDER_GATE, TENANT_THROTTLE, TENANT_BUDGETS, EXECUTION_INTENTS } = env;
  const { USAGE_QUEUE, HIGH_QUEUE, STANDARD_QUEUE, BATCH_QUEUE, WEBHOOK_QUEUE } = env;
  const databases = shardsAmong(env);
  const objects = { LEDGER, IDEMPOTENCY, PROVIDER_GATE, TENANT_THROTTLE, TENANT_BUDGETS, EXECUTION_INTENTS };
  const queues = { USAGE_QUEUE, HIGH_QUEUE, STANDARD_QUEUE, BATCH_QUEUE, WEBHOOK_QUEUE };
  return {
    ...env,
    ...mapEntries(databases, (database, part) => boundDatabase(database, callOf(part))),
    ...mapEntries(objects, (namespace, part) => boundObjects(namespace, callOf(part))),
    ...mapEntries(queues, (queue, part) => boundMethods(queue, callOf(part))),
  };
}

/** A binding that a deployment lacks stays absent: what needs it fails, and nothing else. */
function mapEntries<T extends object>(from: T, change: (value: T[keyof T], name: string) => T[keyof T]): T {
  const entries = Object.entries(from) as [string, T[keyof T]][];
  const given = entries.filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, change(value, name)])) as T;
}

/** Puts a function in front of some members of an object. What it returns undefined for stays. */
function inFront<T extends object>(of: T, replace: (name: string | symbol) => unknown): T {
  return new Proxy(of, {
    get(target, name) {
      const replaced = replace(name);
      if (replaced !== undefined) return replaced;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** A binding all of whose methods are asynchronous calls. */
function boundMethods<T extends object>(binding: T, call: Call): T {
  return new Proxy(binding, {
    get(of, name) {
      const method: unknown = Reflect.get(of, name);
      if (typeof method !== "function") return method;
      return async (...given: unknown[]) => call(name, async () => Reflect.apply(method, of, given) as unknown);
    },
  });
}

/** Stubs are made at each use, and their calls are bounded. */
function boundObjects<T extends { getByName(name: string): object }>(namespace: T, call: Call): T {
  return inFront(namespace, (name) =>
    name === "getByName" ? (object: string) => boundMethods(namespace.getByName(object), call) : undefined,
  );
}

/** The methods of a statement that run it. */
const RUNS = new Set<string | symbol>(["first", "run", "all", "raw"]);

function boundDatabase<T extends D1Database | D1DatabaseSession>(database: T, call: Call): T {
  const plain = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const bound = (statement: D1PreparedStatement): D1PreparedStatement => {
    const front = inFront(statement, (name) => {
      if (name === "bind") return (...values: unknown[]) => bound(statement.bind(...values));
      if (!RUNS.has(name)) return undefined;
      const run = Reflect.get(statement, name) as (...given: unknown[]) => Promise<unknown>;
      return async (...given: unknown[]) => call(name, async () => Reflect.apply(run, statement, given));
    });
    plain.set(front, statement);
    return front;
  };
  return inFront(database, (name) => {
    if (name === "prepare") return (query: string) => bound(database.prepare(query));
    if (name === "withSession" && "withSession" in database) {
      return (from: D1SessionBookmark) => boundDatabase(database.withSession(from), call);
    }
    if (name !== "batch") return undefined;
    return async (statements: D1PreparedStatement[]) =>
      call(name, async () => database.batch(statements.map((statement) => plain.get(statement) ?? statement)));
  });
}
