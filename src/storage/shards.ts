import { drizzle } from "drizzle-orm/d1";
import { bucketOf, FIRST_SHARDS } from "../domain/shard.ts";
import { countQueries } from "./query-count.ts";
import { type BucketGuard, listGuards, openTarget } from "./bucket-guards.ts";
import { BucketsApart, GuardedDatabase, type Pauses } from "./guarded-database.ts";
import type { NearbyStates } from "./nearby-states.ts";
import { ShardMap } from "./shard-map.ts";
import { ShardSessions } from "./shard-sessions.ts";
import * as schema from "./schema.ts";

/** The database of some buckets, or one shard as it is. */
export type Database = ReturnType<typeof openDatabase>;

/** Finds the database that holds a key. Its buckets may move while it is used. */
export interface Shards {
  /** The database of a key (`tenant/prompt-name`, a tenant's id, `tenant/execution-id`). */
  of(key: string): Database;
  /** The database of a bucket, for ids that carry their bucket. */
  ofBucket(bucket: number): Database;
  /**
   * Runs `work` with as few databases as the buckets of these things allow, and anew for those
   * whose buckets moved meanwhile. `work` must only read.
   */
  inGroups<T, R>(
    things: readonly T[],
    bucketOfThing: (thing: T) => number,
    work: (db: Database, some: T[]) => Promise<R>,
  ): Promise<R[]>;
  /**
   * Reads from every shard, for sweeps. Rows whose bucket is another shard's are left out: copies
   * that are not valid yet, or not any more. A row that moves meanwhile may be missing or come twice.
   * A shard that does not answer has none, so that it keeps no other tenants waiting.
   */
  everywhere<R>(read: (db: Database) => Promise<R[]>, bucketOfRow: (row: R) => number): Promise<R[]>;
  /**
   * Reads from every shard as of one state of the map, so that each row comes once; for pages that
   * must be whole. `read` is told which rows the shard has.
   */
  atOnce<R>(read: (db: Database, isHere: (bucket: number) => boolean) => Promise<R>): Promise<R[]>;
  /** The shard that holds a bucket, as far as is known here. */
  nameOf(bucket: number): string;
  /** Takes over from all shards where buckets are, and returns what they say. */
  refresh(): Promise<Map<string, BucketGuard[]>>;
  /** All shards by name, as they are, for health checks and sweeps. */
  all: ReadonlyMap<string, Database>;
}

/** The names of bindings that are shards. */
const SHARD_NAME = /^DB_SHARD_\d+$/;

/**
 * The shards among bindings, by name: those of the deployment, however many it has. Throws where one
 * of the first is missing, because its buckets would seem to be those of others.
 */
export function shardsAmong(bindings: object): Record<string, D1Database> {
  const found = Object.entries(bindings).filter(([name, binding]) => SHARD_NAME.test(name) && binding !== undefined);
  const shards: Record<string, D1Database> = Object.fromEntries(found);
  const missing = FIRST_SHARDS.filter((name) => !shards[name]);
  if (missing.length > 0) throw new RangeError(`this deployment lacks the bindings ${missing.join(", ")}`);
  return shards;
}

/** How often a page is read again because buckets moved meanwhile. */
const MOST_READS = 10;

const TIMERS: Pauses = {
  now: () => Date.now(),
  sleep: async (ms) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
  },
};

/** How a router asks its databases. */
export interface ShardsOptions {
  pauses?: Pauses;
  /** How far a replica may be behind where the work allows one, in ms; 0, the default: no replicas. */
  maxLagMs?: number;
  /**
   * Is told of a shard that a sweep went on without. By default, and where none answers, the sweep
   * fails.
   */
  onFault?: (shard: string, error: unknown) => void;
  /** What other isolates of the data centre know of the primaries. */
  nearby?: NearbyStates;
}

/**
 * The router over named D1 databases. The names decide which database holds which key, and their
 * order does not: never rename one.
 */
export function createShards(
  databases: Record<string, D1Database>,
  { pauses = TIMERS, maxLagMs = 0, onFault, nearby }: ShardsOptions = {},
): Shards {
  const counted = new Map(Object.entries(databases).map(([name, database]) => [name, countQueries(database)]));
  const all = new Map([...counted].map(([name, database]) => [name, openDatabase(database)]));
  const sessions = new ShardSessions({ ...pauses, maxLagMs, nearby });
  const map = new ShardMap(counted, () => sessions.forget());
  const open = (buckets: readonly number[]): Database =>
    openDatabase(new GuardedDatabase(buckets, { map, pauses, sessions }) as unknown as D1Database);
  const ofBuckets = new Map<number, Database>();
  const ofBucket = (bucket: number): Database => {
    const known = ofBuckets.get(bucket) ?? open([bucket]);
    ofBuckets.set(bucket, known);
    return known;
  };
  const guards = async () => readGuards(map, counted);
  const inGroups: Shards["inGroups"] = async (things, bucketOfThing, work) => {
    const groups = Map.groupBy(things, (thing) => map.ownerOf(bucketOfThing(thing)));
    const done = await Promise.all(
      [...groups.values()].map(async (some) => {
        try {
          return [await work(open([...new Set(some.map(bucketOfThing))]), some)];
        } catch (error) {
          if (!isApart(error)) throw error;
          return inGroups(some, bucketOfThing, work);
        }
      }),
    );
    return done.flat();
  };
  return {
    ofBucket,
    of: (key) => ofBucket(bucketOf(key)),
    inGroups,
    everywhere: async (read, bucketOfRow) => {
      const names = [...all.keys()];
      const parts = await Promise.allSettled(
        [...all].map(async ([name, db]) => readOwn(db, map.database(name), read, bucketOfRow)),
      );
      return ofThoseThatAnswered(names, parts, onFault).flat();
    },
    atOnce: async (readPart) => readAtOnce(all, guards, readPart),
    nameOf: (bucket) => map.ownerOf(bucket),
    async refresh() {
      const found = await guards();
      map.settle(found);
      return found;
    },
    all,
  };
}

/** The parts that there are, once the others are told of. Throws where there are none. */
function ofThoseThatAnswered<T>(
  names: readonly string[],
  parts: readonly PromiseSettledResult<T>[],
  onFault: ShardsOptions["onFault"],
): T[] {
  const answered = parts.flatMap((part) => (part.status === "fulfilled" ? [part.value] : []));
  for (const [index, part] of parts.entries()) {
    if (part.status === "fulfilled") continue;
    if (!onFault || answered.length === 0) throw part.reason;
    onFault(names[index] ?? "", part.reason);
  }
  return answered;
}

/** The rows of one shard that are its own, as its guards say after they were read. */
async function readOwn<R>(
  db: Database,
  client: D1Database,
  read: (db: Database) => Promise<R[]>,
  bucketOfRow: (row: R) => number,
): Promise<R[]> {
  const rows = await read(db);
  if (rows.length === 0) return [];
  const foreign = foreignTo(await listGuards(client));
  return rows.filter((row) => !foreign.has(bucketOfRow(row)));
}

/** Reads parts between two readings of the guards that are the same. */
async function readAtOnce<R>(
  all: ReadonlyMap<string, Database>,
  guards: () => Promise<Map<string, BucketGuard[]>>,
  readPart: (db: Database, isHere: (bucket: number) => boolean) => Promise<R>,
): Promise<R[]> {
  let before = await guards();
  for (let reads = 1; ; reads += 1) {
    const foreign = new Map([...before].map(([name, some]) => [name, foreignTo(some)]));
    const parts = await Promise.all(
      [...all].map(async ([name, db]) => readPart(db, (bucket) => !foreign.get(name)?.has(bucket))),
    );
    const after = await guards();
    if (isSameMap(before, after)) return parts;
    if (reads === MOST_READS) throw new BucketsApart();
    before = after;
  }
}

/** The guards of all shards, once every target is open whose source has flipped. */
async function readGuards(map: ShardMap, all: ReadonlyMap<string, D1Database>): Promise<Map<string, BucketGuard[]>> {
  const read = async () =>
    new Map(await Promise.all([...all].map(async ([name, db]) => [name, await listGuards(db)] as const)));
  const found = await read();
  const flipped = targetsToOpen(found);
  if (flipped.length === 0) return found;
  await Promise.all(flipped.map(async ({ shard, epoch }) => openTarget(map.database(shard), epoch)));
  return read();
}

function openDatabase(database: D1Database) {
  return drizzle(database, { schema });
}

/** Targets of moves whose source has flipped, which do not know it yet. */
function targetsToOpen(guards: ReadonlyMap<string, readonly BucketGuard[]>): Array<{ shard: string; epoch: number }> {
  const moved = new Set<string>();
  for (const some of guards.values()) {
    for (const { state, peer, epoch } of some) if (state === "moved") moved.add(`${peer} ${epoch}`);
  }
  return [...guards].flatMap(([shard, some]) => {
    const epochs = new Set(some.flatMap(({ state, epoch }) => (state === "arriving" ? [epoch] : [])));
    return [...epochs].filter((epoch) => moved.has(`${shard} ${epoch}`)).map((epoch) => ({ shard, epoch }));
  });
}

/** Drizzle wraps what a database throws. */
function isApart(error: unknown): boolean {
  return error instanceof BucketsApart || (error instanceof Error && error.cause instanceof BucketsApart);
}

/** The buckets that a shard has rows of, perhaps, and does not answer for. */
function foreignTo(guards: readonly BucketGuard[]): Set<number> {
  return new Set(guards.filter(({ state }) => state !== "closed").map(({ bucket }) => bucket));
}

/** Whether the same shards answer for the same buckets, for reads. */
function isSameMap(before: ReadonlyMap<string, BucketGuard[]>, after: ReadonlyMap<string, BucketGuard[]>): boolean {
  const textOf = (guards: ReadonlyMap<string, BucketGuard[]>) =>
    JSON.stringify([...guards].map(([name, some]) => [name, [...foreignTo(some)]]));
  return textOf(before) === textOf(after);
}
