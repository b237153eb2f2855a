import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { fromPlain, type Row, type StoredObject, toPlain } from "./recording.ts";

/** The bindings of Durable Objects, which keep something. */
export const OBJECTS = [
  "IDEMPOTENCY",
  "PROVIDER_GATE",
  "TENANT_THROTTLE",
  "EXECUTION_INTENTS",
  "TENANT_BUDGETS",
  "LEDGER",
  "METRICS",
] as const;
export type ObjectBinding = (typeof OBJECTS)[number];

/** The shards of the tests. */
export const SHARDS = [env.DB_SHARD_0, env.DB_SHARD_1, env.DB_SHARD_2, env.DB_SHARD_3];

/** An object of any class. */
export function objectOf(binding: string, name: string): DurableObjectStub {
  const namespaces: Pick<Env, ObjectBinding> = env;
  return namespaces[binding as ObjectBinding].getByName(name);
}

/** Reads all that an object keeps. */
export async function dumpObject(binding: string, name: string): Promise<StoredObject> {
  return runInDurableObject(objectOf(binding, name), async (_object, { storage }) => {
    const made = storage.sql
      .exec<{ name: string; type: string; sql: string }>(
        "select name, type, sql from sqlite_master where sql is not null and name not like '!_cf!_%' escape '!' " +
          "and name not like 'sqlite!_%' escape '!' order by type <> 'table', name",
      )
      .toArray();
    const rows: Record<string, Row[]> = {};
    for (const { name: table, type } of made) {
      if (type === "table") rows[table] = storage.sql.exec(`select * from "${table}"`).toArray().map(plainRow);
    }
    const values = Object.fromEntries([...(await storage.list())].map(([key, value]) => [key, toPlain(value)]));
    return { binding, name, schema: made.map(({ sql }) => sql), rows, values };
  });
}

/** Makes an object keep what was read, and start with it at its next call. */
export async function loadObject({ binding, name, schema, rows, values }: StoredObject): Promise<void> {
  const stub = objectOf(binding, name);
  await runInDurableObject(stub, async (_object, { storage }) => {
    await storage.deleteAll();
    const isTable = (sql: string) => /^create table/i.test(sql);
    for (const sql of schema.filter(isTable)) storage.sql.exec(sql);
    for (const [table, some] of Object.entries(rows)) {
      for (const row of some) {
        const [into, given] = insertion(table, row);
        storage.sql.exec(into, ...given);
      }
    }
    // Triggers would act on rows that have been stored already.
    for (const sql of schema.filter((each) => !isTable(each))) storage.sql.exec(sql);
    for (const [key, value] of Object.entries(values)) await storage.put(key, fromPlain(value));
    await storage.sync();
  });
  // The next call constructs the object anew, as a deployment does.
  await runInDurableObject(stub, async (_object, state) => state.abort("replaced by a new version")).catch(
    () => undefined,
  );
}

/** Reads all rows of a shard, for a tenant. */
export async function dumpShard(shard: D1Database): Promise<Record<string, Row[]>> {
  const { results } = await shard
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite!_%' escape '!'")
    .all<{ name: string }>();
  const rows: Record<string, Row[]> = {};
  for (const { name } of results) {
    if (name.startsWith("_cf_") || name === "d1_migrations") continue;
    const found = await shard.prepare(`select * from "${name}"`).all<Row>();
    if (found.results.length > 0) rows[name] = found.results.map(plainRow);
  }
  return rows;
}

/** Rows that triggers change when others are inserted: they come last. */
const CHANGED_BY_TRIGGERS = ["tenants", "tenant_backlogs"];

/** Inserts the rows of a shard, as a statement of the version that wrote them would. */
export async function loadShard(shard: D1Database, rows: Record<string, Row[]>): Promise<void> {
  const tables = Object.keys(rows).toSorted((a, b) => CHANGED_BY_TRIGGERS.indexOf(a) - CHANGED_BY_TRIGGERS.indexOf(b));
  const statements = tables.flatMap((table) =>
    (rows[table] ?? []).map((row) => {
      const [into, given] = insertion(table, row);
      return shard.prepare(into).bind(...given);
    }),
  );
  if (statements.length > 0) await shard.batch(statements);
}

function insertion(table: string, row: Row): [sql: string, values: SqlStorageValue[]] {
  const columns = Object.keys(row).map((name) => `"${name}"`);
  const sql = `insert or replace into "${table}" (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`;
  return [sql, Object.values(row).map((value) => fromPlain(value) as SqlStorageValue)];
}

function plainRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toPlain(value)]));
}
