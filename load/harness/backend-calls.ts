/** Runs around each call to a backend: makes the call, at once or later, and returns its answer. */
export type Around = <T>(name: string, call: () => Promise<T>) => Promise<T>;

/** Names a query, or a batch of queries. */
export type NameQueries = (queries: readonly string[]) => string;

/** The methods of a binding that call its backend. All others pass through. */
type Methods = readonly string[];

const D1_RUNS: Methods = ["all", "raw", "run", "first"];
/** The native statement and the query of each wrapped statement; `batch` needs them. */
const statements = new WeakMap<object, { statement: D1PreparedStatement; query: string }>();

/** Wraps the databases of all shards. */
export function interceptShards(env: Env, around: Around, nameOf?: NameQueries) {
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  return {
    DB_SHARD_0: interceptD1(DB_SHARD_0, around, nameOf),
    DB_SHARD_1: interceptD1(DB_SHARD_1, around, nameOf),
    DB_SHARD_2: interceptD1(DB_SHARD_2, around, nameOf),
    DB_SHARD_3: interceptD1(DB_SHARD_3, around, nameOf),
  };
}

/** Wraps a D1 database: `around` runs for every query. A batch is one call. */
export function interceptD1<T extends D1Database | D1DatabaseSession>(
  database: T,
  around: Around,
  nameOf: NameQueries = () => "d1",
): T {
  const wrapStatement = (statement: D1PreparedStatement, query: string): D1PreparedStatement => {
    const bind = (...values: unknown[]) => wrapStatement(statement.bind(...values), query);
    const proxy = override(statement, { bind, ...wrapMethods(statement, D1_RUNS, () => nameOf([query]), around) });
    statements.set(proxy, { statement, query });
    return proxy;
  };
  return override(database, {
    prepare: (query: string) => wrapStatement(database.prepare(query), query),
    ...("withSession" in database && {
      withSession: (from: string) => interceptD1(database.withSession(from), around, nameOf),
    }),
    async batch(list: D1PreparedStatement[]) {
      const native = list.map((each) => statements.get(each) ?? { statement: each, query: "" });
      const name = nameOf(native.map(({ query }) => query));
      return around(name, async () => database.batch(native.map(({ statement }) => statement)));
    },
  });
}

/** Wraps a binding or a Durable Object stub: `around` runs for `methods`, named `NAME.METHOD`. */
export function interceptCalls<T extends object>(target: T, name: string, methods: Methods, around: Around): T {
  return override(
    target,
    wrapMethods(target, methods, (method) => `${name}.${method}`, around),
  );
}

/** Wraps a namespace: `around` runs for `methods` of its stubs. Getting a stub is no call. */
export function interceptObjects<T extends { getByName(name: string): object }>(
  namespace: T,
  name: string,
  methods: Methods,
  around: Around,
): T {
  return override(namespace, {
    getByName: (object: string) => interceptCalls(namespace.getByName(object), name, methods, around),
  });
}

function wrapMethods(target: object, methods: Methods, nameOf: (method: string) => string, around: Around) {
  const wrap =
    (method: string) =>
    async (...args: unknown[]) =>
      around(nameOf(method), async () =>
        (target as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args),
      );
  return Object.fromEntries(methods.map((method) => [method, wrap(method)]));
}

/**
 * A proxy with some members replaced. Native methods keep the native object as `this`. A method of
 * a stub has no `bind` of its own: asking for one would name a remote method.
 */
function override<T extends object>(target: T, members: Record<string, unknown>): T {
  return new Proxy(target, {
    get(on, property) {
      if (typeof property === "string" && Object.hasOwn(members, property)) return members[property];
      const value: unknown = Reflect.get(on, property);
      return typeof value === "function" ? (Function.prototype.bind.call(value, on) as unknown) : value;
    },
  });
}
