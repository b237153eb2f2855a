import { BUCKETS } from "../../domain/shard.ts";
import type { MoveStore } from "../../storage/resharding/move-store.ts";
import type { StoredMove } from "../../storage/resharding/stored-move.ts";
import { OWNED_TABLES } from "../../storage/resharding/owned-tables.ts";
import type { Shards } from "../../storage/shards.ts";

/** One database: how many buckets it answers for, and what it holds, with copies under way. */
export interface ShardState {
  name: string;
  buckets: number;
  rows: number;
  bytes: number;
}

/** The shards of a deployment. */
export interface ShardsState {
  /** The newest epoch in which a bucket changed its shard; 0 where none has. */
  epoch: number;
  shards: ShardState[];
  moves: StoredMove[];
}

const MOST_MOVES = 100;

/** The state of all shards and of the moves between them. Counts every row by an index. */
export async function readShards({ shards, moves }: { shards: Shards; moves: MoveStore }): Promise<ShardsState> {
  const [guards, listed] = await Promise.all([shards.refresh(), moves.list(MOST_MOVES)]);
  const moved = [...guards.values()].flat().filter(({ state }) => state === "moved");
  const byName = Map.groupBy(
    Array.from({ length: BUCKETS }, (_, bucket) => bucket),
    (bucket) => shards.nameOf(bucket),
  );
  const states = await Promise.all(
    [...shards.all].map(async ([name, db]) => ({
      name,
      buckets: byName.get(name)?.length ?? 0,
      ...(await measure(db.$client)),
    })),
  );
  return { epoch: Math.max(0, ...moved.map(({ epoch }) => epoch)), shards: states, moves: listed };
}

async function measure(db: D1Database): Promise<Pick<ShardState, "rows" | "bytes">> {
  const counts = OWNED_TABLES.map(({ name }) => db.prepare(`select count(*) as rows from ${name}`));
  const results = await db.batch<{ rows: number }>(counts);
  return {
    rows: results.reduce((sum, result) => sum + (result.results[0]?.rows ?? 0), 0),
    bytes: Math.max(...results.map(({ meta }) => meta.size_after)),
  };
}
