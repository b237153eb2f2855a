import { type BucketGuard, isGuardFailure, listGuards, openTarget, readGuard, reopenExpired } from "./bucket-guards.ts";
import { writeGuard } from "./bucket-guards.ts";
import type { ShardMap } from "./shard-map.ts";
import type { ShardAccess, ShardSessions } from "./shard-sessions.ts";

/** How long a call waits for a bucket that is closed or on its way, ms. */
export const PATIENCE_MS = 10_000;
/** How long a call waits before it asks again, ms. */
const PAUSE_MS = 20;
/** Calls that are sent on at once before they pause: more than there can be shards on the way. */
const MAX_HOPS = 4;

/** The clock of the calls that wait. */
export interface Pauses {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** The dependencies of {@link GuardedDatabase}. */
export interface GuardedDatabaseDeps {
  map: ShardMap;
  pauses: Pauses;
  sessions: ShardSessions;
}

/** Buckets of one call are on different shards since one of them moved. */
export class BucketsApart extends Error {
  constructor() {
    super("The buckets of a call are not on one shard.");
    this.name = "BucketsApart";
  }
}

/** A bucket was closed for longer than a call waits. */
export class BucketClosed extends Error {
  /** The mark by which a storage fault is known to be a passing one. */
  readonly retryable = true;

  constructor(bucket: number) {
    super(`bucket ${bucket} is moving to another shard`);
    this.name = "BucketClosed";
  }
}

type Params = Parameters<D1PreparedStatement["bind"]>;
type Row = Record<string, unknown>;

/**
 * A D1 database as the repositories see it: the one that has some buckets, wherever they are. Each
 * call is one batch on the shard that the map names, behind a statement that looks at the guards.
 * Where the shard refuses, the call follows the buckets.
 */
export class GuardedDatabase {
  readonly #map: ShardMap;
  readonly #buckets: readonly number[];
  readonly #pauses: Pauses;
  readonly #sessions: ShardSessions;

  constructor(buckets: readonly number[], { map, pauses, sessions }: GuardedDatabaseDeps) {
    this.#buckets = buckets;
    this.#map = map;
    this.#pauses = pauses;
    this.#sessions = sessions;
  }

  prepare(sql: string): GuardedStatement {
    return new GuardedStatement(this, sql);
  }

  async batch<T = Row>(statements: readonly GuardedStatement[]): Promise<D1Result<T>[]> {
    const isRead = statements.every(({ sql }) => onlyReads(sql));
    const { now, sleep } = this.#pauses;
    const deadline = now() + PATIENCE_MS;
    const journey: Journey = { arriving: null };
    for (let hops = 0; ; hops += 1) {
      const owner = this.#map.ownerOfAll(this.#buckets);
      if (owner === undefined) throw new BucketsApart();
      const answer = await this.#attempt<T>(owner, statements, isRead);
      if (answer) return answer;
      const mayGoOn = await this.#follow(owner, journey);
      if (mayGoOn && hops < MAX_HOPS) continue;
      if (now() >= deadline) throw new BucketClosed(this.#buckets[0] ?? -1);
      await sleep(PAUSE_MS);
    }
  }

  /**
   * Undefined where the shard does not answer for the buckets; the map knows why by then. What a
   * replica fails at is asked of the primary.
   */
  async #attempt<T>(
    shard: string,
    statements: readonly GuardedStatement[],
    isRead: boolean,
    mayLag = true,
  ): Promise<D1Result<T>[] | undefined> {
    const db = this.#map.database(shard);
    const { on, end, onReplicaFault } = await this.#sessions.open(shard, db, { isRead, mayLag });
    const guard = isRead ? readGuard(on, this.#buckets) : writeGuard(on, this.#buckets);
    try {
      const [guards, ...results] = await on.batch<T>([guard, ...statements.map((each) => each.on(on))]);
      end();
      if (!isRead || guards?.results.length === 0) return results;
      this.#map.learn(shard, (guards?.results ?? []) as unknown as BucketGuard[]);
    } catch (error) {
      if (onReplicaFault) {
        const answer = await this.#attempt<T>(shard, statements, isRead, false);
        onReplicaFault();
        return answer;
      }
      if (!isGuardFailure(error)) throw error;
      this.#map.learn(shard, await listGuards(db));
    }
    return undefined;
  }

  /** Does what a refusal asks for. Whether another shard may answer at once. */
  async #follow(shard: string, journey: Journey): Promise<boolean> {
    const db = this.#map.database(shard);
    const bucket = this.#buckets.find((each) => this.#map.guardOf(shard, each));
    const guard = bucket === undefined ? undefined : this.#map.guardOf(shard, bucket);
    // The guard is gone by now: the shard may answer.
    if (!guard) return true;
    if (guard.state === "closed") {
      if (guard.until < this.#pauses.now()) await reopenExpired(db, this.#buckets, this.#pauses.now());
      return false;
    }
    if (guard.state === "arriving") {
      journey.arriving = { shard, epoch: guard.epoch };
      return true;
    }
    // The source has flipped, and the target does not know it yet.
    if (journey.arriving?.epoch === guard.epoch && journey.arriving.shard === guard.peer) {
      await openTarget(this.#map.database(guard.peer), guard.epoch);
    }
    return true;
  }
}

/** What a call has met on its way. */
interface Journey {
  arriving: { shard: string; epoch: number } | null;
}

/** A statement that begins with a common table expression may do either. */
function onlyReads(sql: string): boolean {
  return /^\s*select\b/i.test(sql) || (/^\s*with\b/i.test(sql) && !/\b(insert|update|delete|replace)\b/i.test(sql));
}

/** A statement that runs wherever the buckets of its database are. */
export class GuardedStatement {
  readonly sql: string;
  readonly #database: GuardedDatabase;
  readonly #params: Params;

  constructor(database: GuardedDatabase, sql: string, params: Params = []) {
    this.#database = database;
    this.sql = sql;
    this.#params = params;
  }

  bind(...params: Params): GuardedStatement {
    return new GuardedStatement(this.#database, this.sql, params);
  }

  /** The statement on one shard. */
  on(db: ShardAccess): D1PreparedStatement {
    const statement = db.prepare(this.sql);
    return this.#params.length === 0 ? statement : statement.bind(...this.#params);
  }

  async all<T = Row>(): Promise<D1Result<T>> {
    const [result] = await this.#database.batch<T>([this]);
    if (!result) throw new Error("a batch gave no result for its statement");
    return result;
  }

  async run<T = Row>(): Promise<D1Result<T>> {
    return this.all<T>();
  }

  async first<T = Row>(column?: string): Promise<T | null> {
    const { results } = await this.all();
    const [row] = results;
    if (row === undefined) return null;
    return (column === undefined ? row : row[column]) as T;
  }

  /** Rows as lists. A batch names columns, so that two of the same name would be one. */
  async raw<T = unknown[]>(): Promise<T[]> {
    const { results } = await this.all();
    return results.map((row) => Object.values(row) as T);
  }
}
