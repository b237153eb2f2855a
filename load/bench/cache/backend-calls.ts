/** What one request asked of the backends: D1, KV, the Cache API, queues and Durable Objects. */
export interface BackendLog {
  /** By name, those begun so far. */
  begun: Record<string, number>;
}

/** Stands around each call to a backend: makes it, when it likes, and gives its answer. */
export type Around = <T>(name: string, call: () => Promise<T>) => Promise<T>;

/** What a query, or a batch of queries, is called. */
export type NameQueries = (queries: readonly string[]) => string;

/** Methods of a binding that go to its backend; all others pass through. */
type Methods = readonly string[];

const D1_RUNS: Methods = ["all", "raw", "run", "first"];
/** The statement behind a counted one, and its query, for batches. */
const statements = new WeakMap<object, { statement: D1PreparedStatement; query: string }>();

/** A D1 database whose queries are told of. A batch is one call. */
export function countedD1(database: D1Database, around: Around, nameOf: NameQueries = () => "d1"): D1Database {
  const countedStatement = (statement: D1PreparedStatement, query: string): D1PreparedStatement => {
    const bind = (...values: unknown[]) => countedStatement(statement.bind(...values), query);
    const proxy = intercept(statement, { bind, ...told(statement, D1_RUNS, () => nameOf([query]), around) });
    statements.set(proxy, { statement, query });
    return proxy;
  };
  return intercept(database, {
    prepare: (query: string) => countedStatement(database.prepare(query), query),
    async batch(list: D1PreparedStatement[]) {
      const own = list.map((each) => statements.get(each) ?? { statement: each, query: "" });
      const name = nameOf(own.map(({ query }) => query));
      return around(name, async () => database.batch(own.map(({ statement }) => statement)));
    },
  });
}

/** A binding, or a stub of a Durable Object, of whose `methods` is told under `name.method`. */
export function counted<T extends object>(target: T, name: string, methods: Methods, around: Around): T {
  return intercept(
    target,
    told(target, methods, (method) => `${name}.${method}`, around),
  );
}

/** A namespace whose stubs' `methods` are told of. Getting a stub asks nobody. */
export function countedObjects<T extends { getByName(name: string): object }>(
  namespace: T,
  name: string,
  methods: Methods,
  around: Around,
): T {
  return intercept(namespace, { getByName: (of: string) => counted(namespace.getByName(of), name, methods, around) });
}

function told(target: object, methods: Methods, nameOf: (method: string) => string, around: Around) {
  const call =
    (method: string) =>
    async (...args: unknown[]) =>
      around(nameOf(method), async () =>
        (target as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args),
      );
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
