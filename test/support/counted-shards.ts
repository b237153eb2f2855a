import { env } from "cloudflare:workers";
import { createShards, type Shards } from "../../src/storage/shards.ts";

/** Shards that note every statement that runs on them. */
export interface CountedShards {
  shards: Shards;
  /**
   * Statements since the last count, the rows that they read and return, and their bytes as JSON.
   */
  count(): Promise<{ statements: number; rows_read: number; returned: number; bytes: number }>;
}

/** The shards of the test environment, counted. Reads are run once more to be measured. */
export function countedShards(): CountedShards {
  let noted: D1PreparedStatement[] = [];
  const bound = new WeakMap<D1PreparedStatement, D1PreparedStatement>();
  const { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 } = env;
  const watch = (statement: D1PreparedStatement): D1PreparedStatement => {
    const watched = new Proxy(statement, {
      get(of, name) {
        const member: unknown = Reflect.get(of, name);
        if (typeof member !== "function") return member;
        if (name === "bind") return (...values: unknown[]) => watch(of.bind(...values));
        return (...given: unknown[]): unknown => {
          noted.push(of);
          return Reflect.apply(member, of, given);
        };
      },
    });
    bound.set(watched, statement);
    return watched;
  };
  const counted = (database: D1Database): D1Database =>
    new Proxy(database, {
      get(of, name) {
        if (name === "prepare") return (query: string) => watch(of.prepare(query));
        if (name !== "batch") return Reflect.get(of, name);
        return async (statements: D1PreparedStatement[]) => {
          const real = statements.map((statement) => bound.get(statement) ?? statement);
          noted.push(...real);
          return of.batch(real);
        };
      },
    });
  const databases = { DB_SHARD_0, DB_SHARD_1, DB_SHARD_2, DB_SHARD_3 };
  const all = Object.entries(databases).map(([name, database]) => [name, counted(database)] as const);
  return {
    shards: createShards(Object.fromEntries(all)),
    async count() {
      const results = await Promise.all(noted.map(async (statement) => statement.all()));
      noted = [];
      return {
        statements: results.length,
        rows_read: results.reduce((sum, { meta }) => sum + meta.rows_read, 0),
        returned: results.reduce((sum, result) => sum + result.results.length, 0),
        bytes: results.reduce((sum, result) => sum + JSON.stringify(result.results).length, 0),
      };
    },
  };
}
