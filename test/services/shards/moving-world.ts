import { bucketOf } from "../../../src/domain/shard.ts";
import { LocalD1 } from "../../../load/harness/local-d1.ts";
import { advanceMoves } from "../../../src/services/shards/advance-moves.ts";
import { MoveStore } from "../../../src/storage/resharding/move-store.ts";
import type { StoredMove } from "../../../src/storage/resharding/stored-move.ts";
import { tenants } from "../../../src/storage/schema.ts";
import { createShards } from "../../../src/storage/shards.ts";

/** The databases of {@link MovingWorld}, by the names of their shards. */
export type Databases = Record<string, D1Database>;

export const SOURCE = "DB_SHARD_0";
export const TARGET = "DB_SHARD_4";

/** Five shards that answer at once, and one tenant, whose bucket moves from the first to the fifth. */
export class MovingWorld {
  readonly clock = { now: 1_800_000_000_000 };
  readonly databases: Databases;
  readonly shards;
  readonly moves;
  readonly tenant: string;
  readonly faults: string[] = [];

  constructor() {
    const names = Array.from({ length: 5 }, (_, index) => `DB_SHARD_${index}`);
    this.databases = Object.fromEntries(names.map((name) => [name, new LocalD1() as unknown as D1Database]));
    this.shards = this.shardsOver(this.databases);
    this.moves = new MoveStore(this.shards);
    this.tenant = this.#tenantOn(SOURCE);
  }

  /** The shards as an isolate has them that knows of no move. */
  shardsOver(databases: Databases) {
    const pauses = { now: () => this.clock.now, sleep: async () => undefined };
    return createShards(databases, { pauses });
  }

  database(name: string): D1Database {
    const database = this.databases[name];
    if (!database) throw new RangeError(`there is no shard ${name}`);
    return database;
  }

  async addTenant(): Promise<void> {
    const row = { id: this.tenant, name: "t", wrapped_data_key: "", created_at: 1 };
    await this.shards.of(this.tenant).insert(tenants).values(row);
  }

  /** Plans to move the tenant's bucket. */
  async plan(source = SOURCE, target = TARGET): Promise<StoredMove> {
    const [move] = await this.moves.add([{ source, target, buckets: [bucketOf(this.tenant)] }], this.clock.now);
    if (!move) throw new Error("the bucket is moving already");
    return move;
  }

  /** What one call of the sweep does, by a worker that may have databases of its own. */
  async advance(databases: Databases = this.databases): Promise<void> {
    const shards = this.shardsOver(databases);
    const moves = new MoveStore(shards);
    const onFault = (error: unknown) => this.faults.push(String(error));
    await advanceMoves({ shards, moves, now: () => this.clock.now, newToken: () => crypto.randomUUID(), onFault });
  }

  /** Advances minute by minute until the move is in a state. */
  async advanceUntil(epoch: number, state: StoredMove["state"], databases?: Databases): Promise<StoredMove> {
    for (let minute = 0; minute < 10; minute += 1) {
      await this.advance(databases);
      const move = await this.moves.find(epoch);
      if (move?.state === state) return move;
      this.clock.now += 60_000;
    }
    throw new Error(`the move is ${(await this.moves.find(epoch))?.state}: ${this.faults.join("; ")}`);
  }

  #tenantOn(shard: string): string {
    for (let n = 0; ; n += 1) if (this.shards.nameOf(bucketOf(`ten_${n}`)) === shard) return `ten_${n}`;
  }
}

/** A database that is asked before each call, and throws what `before` throws. */
export function intercept(database: D1Database, before: (statements: string[]) => Promise<void>): D1Database {
  const texts = new WeakMap<object, string>();
  const noted = (sql: string, statement: D1PreparedStatement): D1PreparedStatement => {
    texts.set(statement, sql);
    const [bind, all] = [statement.bind.bind(statement), statement.all.bind(statement)];
    const asked = async () => {
      await before([sql]);
      return all();
    };
    return Object.assign(statement, {
      bind: (...values: unknown[]) => noted(sql, bind(...values)),
      all: asked,
      run: asked,
    });
  };
  return {
    prepare: (sql: string) => noted(sql, database.prepare(sql)),
    batch: async (statements: D1PreparedStatement[]) => {
      await before(statements.map((statement) => texts.get(statement) ?? ""));
      return database.batch(statements);
    },
  } as unknown as D1Database;
}
