import { drizzle } from "drizzle-orm/d1";
import { assignBuckets, bucketOf } from "../domain/shard.ts";
import * as schema from "./schema.ts";

/** One shard's database. */
export type Database = ReturnType<typeof openDatabase>;

/** Finds the shard of a key. */
export interface Shards {
  /** The shard that holds a key (`tenant/prompt-name`, a tenant's id, `tenant/execution-id`). */
  of(key: string): Database;
  /** The shard that holds a bucket, for ids that carry theirs. */
  ofBucket(bucket: number): Database;
  /** Every shard by name, for lists and health checks. */
  all: ReadonlyMap<string, Database>;
}

/** The router over named D1 databases. The names, not their order, decide who holds what: never rename one. */
export function createShards(databases: Record<string, D1Database>): Shards {
  const names = Object.keys(databases);
  const opened = Object.values(databases).map((database) => openDatabase(database));
  const owners = assignBuckets(names);
  const ofBucket = (bucket: number): Database => {
    const database = opened[owners[bucket] ?? -1];
    if (!database) throw new RangeError(`no shard holds bucket ${bucket}`);
    return database;
  };
  return {
    ofBucket,
    of: (key) => ofBucket(bucketOf(key)),
    all: new Map(names.map((name, index) => [name, opened[index] as Database])),
  };
}

function openDatabase(database: D1Database) {
  return drizzle(database, { schema });
}
