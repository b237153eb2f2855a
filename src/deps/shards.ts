import type { Config } from "../config.ts";
import { advanceMoves } from "../services/shards/advance-moves.ts";
import { cancelMove, startMoves } from "../services/shards/start-moves.ts";
import { readShards } from "../services/shards/read-shards.ts";
import { MoveStore } from "../storage/resharding/move-store.ts";
import type { NearbyStates } from "../storage/nearby-states.ts";
import { createShards, type Shards, shardsAmong } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock, report } from "./runtime.ts";

/** The use cases of moves of buckets between shards. */
export type ShardServices = ReturnType<typeof buildShards>;

/** The shards of an isolate. */
export function openShards(env: Env, { replicaMaxLagMs: maxLagMs }: Config, nearby: NearbyStates): Shards {
  const onFault = (shard: string, error: unknown) => report("shard_passed_over", error, { shard });
  return createShards(shardsAmong(env), { maxLagMs, onFault, nearby });
}

/** Builds the use cases of moves of buckets between shards. */
export function buildShards(shards: Shards) {
  const parts = { ...clock, shards, moves: new MoveStore(shards) };
  return {
    startMoves: bind(startMoves, parts),
    cancelMove: bind(cancelMove, parts),
    readShards: bind(readShards, parts),
    advanceMoves: bind(advanceMoves, {
      ...parts,
      newToken: () => crypto.randomUUID(),
      onFault: (error, { epoch, state }) => report("shard_move_fault", error, { epoch: String(epoch), state }),
    }),
  };
}
