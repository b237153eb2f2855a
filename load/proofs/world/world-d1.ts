import type { SQLInputValue } from "node:sqlite";
import { createShards, type Shards } from "../../../src/storage/shards.ts";
import { LocalD1, type LocalResult, type LocalStatement } from "../../harness/local-d1.ts";
import { D1_LIMIT_MS, LATE, type Mood, type Moods, SHARDS, unavailable } from "./moods.ts";
import { type Ground, never } from "./network.ts";

/** Sees the database after each call that reached it, and the name of the life that made it. */
export type OnCommit = (database: LocalD1, caller: string) => void;

/** How a D1 database can be reached. */
interface Way extends Ground {
  mood: () => Mood;
  onCommit: OnCommit;
}

/** The share of calls that fail after their effect. */
const FAILED_AFTER = 0.02;

/** A statement on its way to a {@link WorldD1}. */
class WorldStatement {
  readonly #d1: WorldD1;
  readonly local: LocalStatement;

  constructor(d1: WorldD1, local: LocalStatement) {
    this.#d1 = d1;
    this.local = local;
  }

  bind(...params: SQLInputValue[]): WorldStatement {
    return new WorldStatement(this.#d1, this.local.bind(...params));
  }

  async all(): Promise<LocalResult> {
    return this.#d1.send(() => this.local.now());
  }

  async run(): Promise<LocalResult> {
    return this.all();
  }

  async raw(): Promise<unknown[][]> {
    return (await this.all()).results.map((row) => Object.values(row));
  }
}

/**
 * A D1 database over real SQLite, at the other end of a network. A call that was sent takes effect
 * whether its caller lives or not.
 */
class WorldD1 {
  readonly #local: LocalD1;
  readonly #way: Way;

  constructor(local: LocalD1, way: Way) {
    this.#local = local;
    this.#way = way;
  }

  prepare(sql: string): WorldStatement {
    return new WorldStatement(this, this.#local.prepare(sql));
  }

  async batch(statements: readonly WorldStatement[]): Promise<LocalResult[]> {
    return this.send(() => this.#local.batchNow(statements.map(({ local }) => local)));
  }

  async send<T>(run: () => T): Promise<T> {
    const { clock, random, faults, mood } = this.#way;
    const caller = clock.life();
    if (caller?.isOver) return never<T>();
    return new Promise<T>((resolve, reject) => {
      const reply = (settle: () => void) => void clock.in(caller, random.between(1, 4), settle);
      const take = () => {
        try {
          const result = run();
          this.#way.onCommit(this.#local, caller?.name ?? "");
          if (faults.has("storage") && random.chance(FAILED_AFTER)) throw unavailable("failed after it wrote");
          return () => resolve(result);
        } catch (error) {
          return () => reject(error);
        }
      };
      const arrive = () => {
        if (mood() === "well") return reply(take());
        if (mood() === "refuses") return reply(() => reject(unavailable("refuses")));
        return void clock.in(undefined, D1_LIMIT_MS, () => {
          if (random.chance(LATE)) take();
          reply(() => reject(unavailable("hangs")));
        });
      };
      clock.in(undefined, random.between(1, 4), arrive);
    });
  }
}

/** The shards of a world, each with its mood. */
export function openWorldShards(ground: Ground, moods: Moods, attach: (database: LocalD1) => OnCommit): Shards {
  const shards = Array.from({ length: SHARDS }, (_, index) => {
    const local = new LocalD1();
    const d1 = new WorldD1(local, { ...ground, mood: () => moods.of(index), onCommit: attach(local) });
    return [`DB_SHARD_${index}`, d1 as unknown as D1Database] as const;
  });
  return createShards(Object.fromEntries(shards));
}
