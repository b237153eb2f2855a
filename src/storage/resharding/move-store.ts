import { and, asc, eq, inArray, isNull, lte, sql } from "drizzle-orm";
import { FIRST_SHARDS } from "../../domain/shard.ts";
import {
  isCancellable,
  isOver,
  isUnderWay,
  MOVE_STATES,
  nextState,
  type PlannedMove,
} from "../../domain/shards/shard-move.ts";
import { shardMoves } from "../schema.ts";
import type { Database, Shards } from "../shards.ts";
import type { MoveStep, StoredMove } from "./stored-move.ts";

/** Whether `other` is another move from the shard of a move. */
const isRival = sql`other.source = shard_moves.source and other.epoch <> shard_moves.epoch`;
const UNDER_WAY = MOVE_STATES.filter(isUnderWay);

/** Moves of buckets, on the first shard. Times are Unix ms. */
export class MoveStore {
  readonly #shards: Shards;

  constructor(shards: Shards) {
    this.#shards = shards;
  }

  /**
   * Adds moves, unless one that is not over, or is halted, has one of their buckets: two movers of a
   * bucket could not know of each other, and rows that were written too late would be lost. Returns
   * those that were added, all or none.
   */
  async add(planned: readonly PlannedMove[], now: number): Promise<StoredMove[]> {
    const wanted = JSON.stringify(planned.flatMap(({ buckets }) => buckets));
    const isFree = sql`not exists (select 1 from shard_moves, json_each(shard_moves.buckets) taken
      where (ended_at is null or state = 'halted') and taken.value in (select value from json_each(${wanted})))`;
    const field = (name: string) => sql`planned.value ->> ${sql.raw(`'$.${name}'`)}`;
    return this.#home()
      .insert(shardMoves)
      .select(
        sql`select null, ${field("source")}, ${field("target")}, ${field("buckets")}, 'planned', '{}', null, 0, 0, 0, 0,
          0, 0, 0, null, null, null, ${now}, null, null
        from json_each(${JSON.stringify(planned)}) planned where ${isFree}`,
      )
      .returning();
  }

  async find(epoch: number): Promise<StoredMove | undefined> {
    return this.#home().select().from(shardMoves).where(eq(shardMoves.epoch, epoch)).get();
  }

  /** Moves that are not over, and the newest others. */
  async list(limit: number): Promise<StoredMove[]> {
    return this.#home()
      .select()
      .from(shardMoves)
      .orderBy(sql`ended_at is null desc`, sql`epoch desc`)
      .limit(limit);
  }

  /**
   * Claims the oldest move that is not over and may go on, until `until`, but for those that this
   * worker has passed over. Undefined where another worker has it. A shard notes its changes for one
   * move: so of the moves from a shard one is under way, and none begins while one is halted.
   */
  async claim(
    token: string,
    now: number,
    until: number,
    passedOver: readonly number[] = [],
  ): Promise<StoredMove | undefined> {
    const isPassed = sql`epoch in (select value from json_each(${JSON.stringify(passedOver)}))`;
    const mustWait = sql`(state = 'planned' and exists (select 1 from shard_moves other
      where ${isRival} and (other.state = 'halted' or other.state in ${UNDER_WAY}
        or (other.ended_at is null and other.epoch < shard_moves.epoch))))`;
    const oldest = this.#home()
      .select({ epoch: shardMoves.epoch })
      .from(shardMoves)
      .where(and(isNull(shardMoves.ended_at), sql`not (${isPassed})`, sql`not (${mustWait})`))
      .orderBy(asc(shardMoves.epoch))
      .limit(1);
    const [move] = await this.#home()
      .update(shardMoves)
      .set({ token, lease_until: until })
      .where(and(inArray(shardMoves.epoch, oldest), lte(shardMoves.lease_until, now)))
      .returning();
    return move;
  }

  /** Keeps what a step did, under its claim. Undefined where the claim was lost. */
  async keep(move: StoredMove, { result, change }: MoveStep, now: number, until: number) {
    const next = nextState(move.state, result, false);
    const asked = nextState(move.state, result, true);
    const state = sql<StoredMove["state"]>`case when cancel_requested then ${asked} else ${next} end`;
    const ended = sql<number | null>`case when ${state} in ${MOVE_STATES.filter(isOver)} then ${now} end`;
    const isNew = sql`${state} <> ${move.state}`;
    const position = sql<
      StoredMove["position"]
    >`case when ${isNew} then '{}' else ${JSON.stringify(change?.position ?? move.position)} end`;
    const [kept] = await this.#home()
      .update(shardMoves)
      .set({ ...change, position, state, ended_at: ended, lease_until: until })
      .where(and(eq(shardMoves.epoch, move.epoch), sql`token is ${move.token}`))
      .returning();
    return kept;
  }

  /** Lets go of a move for the next worker. `fault` is what its last step failed by. */
  async release({ epoch, token, detail }: StoredMove, fault?: string): Promise<void> {
    await this.#home()
      .update(shardMoves)
      .set({ lease_until: 0, token: null, detail: fault ?? detail })
      .where(and(eq(shardMoves.epoch, epoch), sql`token is ${token}`));
  }

  /** Asks for a move to be taken back. Undefined where it is too late, or there is none. */
  async cancel(epoch: number): Promise<StoredMove | undefined> {
    const early = MOVE_STATES.filter(isCancellable);
    const [move] = await this.#home()
      .update(shardMoves)
      .set({ cancel_requested: true })
      .where(and(eq(shardMoves.epoch, epoch), inArray(shardMoves.state, early)))
      .returning();
    return move;
  }

  /** The moves that are halted and that nobody looks at, for this worker until `until`. */
  async claimHalted(now: number, until: number): Promise<StoredMove[]> {
    return this.#home()
      .update(shardMoves)
      .set({ lease_until: until })
      .where(and(eq(shardMoves.state, "halted"), lte(shardMoves.lease_until, now)))
      .returning();
  }

  /** Changes what a halted move says. */
  async tell({ epoch }: Pick<StoredMove, "epoch">, detail: string): Promise<void> {
    await this.#home()
      .update(shardMoves)
      .set({ detail })
      .where(and(eq(shardMoves.epoch, epoch), eq(shardMoves.state, "halted")));
  }

  /**
   * Has a halted move of just these buckets to this shard go on, and delete what it left. Undefined
   * where there is none; `busy` where another move from its shard is under way.
   */
  async resume({ target, buckets }: Pick<PlannedMove, "target" | "buckets">): Promise<StoredMove | "busy" | undefined> {
    const isSame = and(
      eq(shardMoves.state, "halted"),
      eq(shardMoves.target, target),
      sql`${shardMoves.buckets} = ${JSON.stringify(buckets)}`,
    );
    const isAlone = sql`not exists (select 1 from shard_moves other where ${isRival} and other.state in ${UNDER_WAY})`;
    const [move] = await this.#home()
      .update(shardMoves)
      .set({ state: "deleting", ended_at: null })
      .where(and(isSame, isAlone))
      .returning();
    if (move) return move;
    const halted = await this.#home().select({ epoch: shardMoves.epoch }).from(shardMoves).where(isSame).get();
    return halted && "busy";
  }

  #home(): Database {
    const [first = ""] = FIRST_SHARDS;
    const db = this.#shards.all.get(first);
    if (!db) throw new RangeError(`this deployment has no shard ${first}`);
    return db;
  }
}
