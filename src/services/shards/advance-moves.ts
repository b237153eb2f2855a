import { isOver } from "../../domain/shards/shard-move.ts";
import type { MoveStore } from "../../storage/resharding/move-store.ts";
import type { MoveStep, StoredMove } from "../../storage/resharding/stored-move.ts";
import { takeStep } from "../../storage/resharding/move-steps.ts";
import { takeFence } from "../../storage/bucket-guards.ts";
import { QueryCount } from "../../storage/query-count.ts";
import type { Shards } from "../../storage/shards.ts";

/** What moves of buckets need. */
export interface AdvanceMovesDeps {
  shards: Shards;
  moves: MoveStore;
  now: () => number;
  newToken: () => string;
  keysAStep?: number;
  /** Is told of a step that failed; the next worker repeats it. */
  onFault: (error: unknown, move: StoredMove) => void;
}

/** A worker's claim on a move, ms. A step of it takes less. */
const LEASE_MS = 20_000;
/** How long one call works, ms: within the minute after which the next one begins. */
const WORK_MS = 25_000;
/** Statements after which a call ends: an invocation has 1,000, and a step takes some hundreds. */
const MOST_QUERIES = 600;

/**
 * Advances the oldest move by bounded steps, and those after it once it is over. Returns the number
 * of steps. One worker at a time has a move; one that was taken for dead can write nothing more.
 */
export async function advanceMoves(deps: AdvanceMovesDeps): Promise<{ steps: number; over: number }> {
  const { shards, moves, now } = deps;
  const queries = new QueryCount();
  const endsAt = now() + WORK_MS;
  const done = { steps: 0, over: 0 };
  await queries.during(async () => {
    for (let move = await claim(deps); move; move = isOver(move.state) ? await claim(deps) : move) {
      if (now() >= endsAt || queries.queries >= MOST_QUERIES) return moves.release(move);
      const source = databaseOf(shards, move.source);
      const target = databaseOf(shards, move.target);
      let step: MoveStep;
      try {
        step = await takeStep(move, { source, target, token: move.token ?? "", now, keysAStep: deps.keysAStep });
      } catch (error) {
        return giveUp(deps, move, error);
      }
      const kept = await moves.keep(move, step, now(), now() + LEASE_MS);
      if (!kept) return;
      done.steps += 1;
      if (isOver(kept.state)) done.over += 1;
      if (kept.state === move.state && step.waits) return moves.release(kept);
      move = kept;
    }
  });
  return done;
}

/** The most characters of a fault that a move keeps. */
const MAX_FAULT = 500;

/** The oldest move that nobody works on, under fences that hold off whoever did. */
async function claim(deps: AdvanceMovesDeps): Promise<StoredMove | undefined> {
  const { shards, moves, now, newToken } = deps;
  const token = newToken();
  const move = await moves.claim(token, now(), now() + LEASE_MS);
  if (!move) return undefined;
  try {
    for (const name of [move.source, move.target]) await takeFence(databaseOf(shards, name), move.epoch, token);
    return move;
  } catch (error) {
    await giveUp(deps, move, error);
    return undefined;
  }
}

/** Leaves a move whose step failed to the next worker. The operator reads by what it failed. */
async function giveUp({ moves, now, onFault }: AdvanceMovesDeps, move: StoredMove, error: unknown): Promise<void> {
  onFault(error, move);
  const reason = error instanceof Error ? error.message : String(error);
  const fault = `At ${new Date(now()).toISOString()} a step failed while ${move.state}: ${reason}`;
  await moves.release(move, fault.slice(0, MAX_FAULT));
}

function databaseOf(shards: Shards, name: string): D1Database {
  const db = shards.all.get(name);
  if (!db) throw new RangeError(`this deployment has no shard ${name}`);
  return db.$client;
}
