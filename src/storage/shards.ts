import { drizzle } from "drizzle-orm/d1";
import { assignBuckets, bucketOf } from "../domain/shard.ts";
import { countQueries } from "./query-count.ts";
import * as schema from "./schema.ts";

/** The database of one shard. */
export type Database = ReturnType<typeof openDatabase>;

/** Finds the database that holds a key. */
export interface Shards {
  /** The shard of a key (`tenant/prompt-name`, a tenant's id, `tenant/execution-id`). */
  of(key: string): Database;
  /** The shard of a bucket, for ids that carry their bucket. */
  ofBucket(bucket: number): Database;
  /** All shards by name, for lists and health checks. */
  all: ReadonlyMap<string, Database>;
}

/**
 * The router over named D1 databases. The names decide which database holds which key, and their
 * order does not: never rename one.
 */
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
  return drizzle(countQueries(database), { schema });
}
