import { AppError, invalid } from "../../domain/errors.ts";
import { bucketsFor } from "../../domain/shard.ts";
import { planMoves, sortedOnce } from "../../domain/shards/shard-move.ts";
import type { MoveStore } from "../../storage/resharding/move-store.ts";
import type { StoredMove } from "../../storage/resharding/stored-move.ts";
import type { Shards } from "../../storage/shards.ts";

/** Which buckets go to a shard: these, or as many as that it has this share of all afterwards. */
export type MoveRequest = { to: string } & ({ buckets: number[] } | { fraction: number });

const RIVAL = "Another move from the shard of these buckets is under way. Ask once more when it is over.";

/** What starts moves of buckets. */
export interface StartMovesDeps {
  shards: Shards;
  moves: MoveStore;
  now: () => number;
}

/**
 * Plans the moves that bring buckets to a shard, one for each shard that has some of them. The
 * sweep carries them out. A halted move goes on where just its buckets are asked for once more.
 * Throws a 422 for a shard that there is not and where nothing is to be moved, a 409 where one of
 * the buckets is moving already or its move is halted, and where that cannot go on yet.
 */
export async function startMoves({ shards, moves, now }: StartMovesDeps, request: MoveRequest): Promise<StoredMove[]> {
  const { to } = request;
  if (!shards.all.has(to)) {
    throw invalid([
      { path: "to", message: `must be a shard of this deployment: ${[...shards.all.keys()].join(", ")}` },
    ]);
  }
  if ("buckets" in request) {
    const resumed = await moves.resume({ target: to, buckets: sortedOnce(request.buckets) });
    if (resumed === "busy") throw new AppError("conflict", RIVAL);
    if (resumed) return [resumed];
  }
  await shards.refresh();
  const [field, buckets] =
    "buckets" in request ? ["buckets", request.buckets] : ["fraction", bucketsFor(to, request.fraction)];
  const planned = planMoves(buckets, to, (bucket) => shards.nameOf(bucket));
  if (planned.length === 0) {
    throw invalid([{ path: field, message: `names only buckets that ${to} has already` }]);
  }
  const added = await moves.add(planned, now());
  if (added.length > 0) return added;
  throw new AppError(
    "conflict",
    "Some of these buckets are moving already, or their move is halted. See the moves in GET /v1/admin/shards.",
  );
}

/** Takes a move back before its flip. Throws a 404 where there is none, a 409 after the flip. */
export async function cancelMove({ moves }: Pick<StartMovesDeps, "moves">, epoch: number): Promise<StoredMove> {
  const cancelled = await moves.cancel(epoch);
  if (cancelled) return cancelled;
  const move = await moves.find(epoch);
  if (!move) throw new AppError("not_found", "There is no such move.");
  const way = move.state === "halted" ? "ask for its buckets once more, and it goes on" : "another move takes it back";
  throw new AppError("conflict", `The move is ${move.state}: ${way}.`);
}
