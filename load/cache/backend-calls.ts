/** What one request asked of the backends: D1, KV, the Cache API, queues and Durable Objects. */
export interface BackendLog {
  /** By name, those begun so far. */
  begun: Record<string, number>;
}

/** Told before each call to a backend; what it waits for delays the call. */
export type OnCall = (name: string) => Promise<void>;

/** Methods of a binding that go to its backend; all others pass through. */
type Methods = readonly string[];

const D1_RUNS: Methods = ["all", "raw", "run", "first"];
/** The statement behind a counted one, for batches. */
const statements = new WeakMap<object, D1PreparedStatement>();

/** A D1 database whose queries are told of. A batch is one call. */
export function countedD1(database: D1Database, onCall: OnCall): D1Database {
  return intercept(database, {
    prepare: (sql: string) => countedStatement(database.prepare(sql), onCall),
    async batch(list: D1PreparedStatement[]) {
      await onCall("d1");
      return database.batch(list.map((each) => statements.get(each) ?? each));
    },
  });
}

function countedStatement(statement: D1PreparedStatement, onCall: OnCall): D1PreparedStatement {
  const bind = (...values: unknown[]) => countedStatement(statement.bind(...values), onCall);
  const proxy = intercept(statement, { bind, ...told(statement, D1_RUNS, () => "d1", onCall) });
  statements.set(proxy, statement);
  return proxy;
}

/** A binding, or a stub of a Durable Object, of whose `methods` is told under `name.method`. */
export function counted<T extends object>(target: T, name: string, methods: Methods, onCall: OnCall): T {
  return intercept(
    target,
    told(target, methods, (method) => `${name}.${method}`, onCall),
  );
}

/** A namespace whose stubs' `methods` are told of. Getting a stub asks nobody. */
export function countedObjects<T extends { getByName(name: string): object }>(
  namespace: T,
  name: string,
  methods: Methods,
  onCall: OnCall,
): T {
  return intercept(namespace, { getByName: (of: string) => counted(namespace.getByName(of), name, methods, onCall) });
}

function told(target: object, methods: Methods, nameOf: (method: string) => string, onCall: OnCall) {
  const call =
    (method: string) =>
    async (...args: unknown[]) => {
      await onCall(nameOf(method));
      return (target as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
    };
  return Object.fromEntries(methods.map((method) => [method, call(method)]));
}

/** A stand-in with some members of its own. Native methods are called on the native object. */
function intercept<T extends object>(target: T, own: Record<string, unknown>): T {
  return new Proxy(target, {
    get(on, property) {
      if (typeof property === "string" && Object.hasOwn(own, property)) return own[property];
      const value: unknown = Reflect.get(on, property);
      return typeof value === "function" ? (value.bind(on) as unknown) : value;
    },
  });
}
