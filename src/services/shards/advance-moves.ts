import { isOver } from "../../domain/shards/shard-move.ts";
import type { MoveStore } from "../../storage/resharding/move-store.ts";
import type { MoveStep, StoredMove } from "../../storage/resharding/stored-move.ts";
import { takeBackAlone, takeStep, watchHalted } from "../../storage/resharding/move-steps.ts";
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
/**
 * Statements of the invocation after which a call ends: it has 1,000, and a step takes some
 * hundreds.
 */
const MOST_QUERIES = 700;

/**
 * Advances the oldest move by bounded steps, and those after it once it is over or its step fails:
 * then those from other shards. Returns the number of steps. One worker at a time has a move; one
 * that was taken for dead can write nothing more.
 */
export async function advanceMoves(deps: AdvanceMovesDeps): Promise<{ steps: number; over: number }> {
  const { moves, now } = deps;
  const queries = new QueryCount();
  const endsAt = now() + WORK_MS;
  const isEnough = () => now() >= endsAt || queries.ofAll >= MOST_QUERIES;
  const done = { steps: 0, over: 0 };
  const failed: number[] = [];
  await queries.during(async () => {
    await watchHaltedMoves(deps, isEnough);
    for (;;) {
      const move = await moves.claim(deps.newToken(), now(), now() + LEASE_MS, failed);
      if (!move) return;
      const end = await advance(deps, move, isEnough, done);
      if (end === "released") return;
      if (end === "failed") failed.push(move.epoch);
    }
  });
  return done;
}

/** Advances one move until it is over, or is let go of for the next call. */
async function advance(
  deps: AdvanceMovesDeps,
  claimed: StoredMove,
  isEnough: () => boolean,
  done: { steps: number; over: number },
): Promise<"over" | "failed" | "released"> {
  const { moves, now } = deps;
  let move = claimed;
  try {
    const { next } = await openSteps(deps, move);
    while (!isEnough()) {
      const step = await next(move);
      const kept = await moves.keep(move, step, now(), now() + LEASE_MS);
      if (!kept) return "released";
      await step.after?.();
      done.steps += 1;
      if (isOver(kept.state)) {
        done.over += 1;
        return "over";
      }
      if (kept.state === move.state && step.waits) break;
      move = kept;
    }
  } catch (error) {
    await giveUp(deps, move, error);
    return "failed";
  }
  await moves.release(move);
  return "released";
}

/** The steps of a move, under fences that hold off whoever had it. */
async function openSteps({ shards, now, keysAStep }: AdvanceMovesDeps, { source, target, epoch, token }: StoredMove) {
  const parts = { source: databaseOf(shards, source), token: token ?? "", now, keysAStep };
  await takeFence(parts.source, epoch, parts.token);
  if (shards.all.has(target)) {
    const whole = { ...parts, target: databaseOf(shards, target) };
    await takeFence(whole.target, epoch, parts.token);
    return { next: async (move: StoredMove) => takeStep(move, whole) };
  }
  const takeAlone = async (move: StoredMove): Promise<MoveStep> => {
    const step = await takeBackAlone(move, parts);
    if (!step) throw lacking(target);
    return step;
  };
  return { next: takeAlone };
}

/** Keeps notes short of the shards from which a move is halted, and what it says up to date. */
async function watchHaltedMoves(deps: AdvanceMovesDeps, isEnough: () => boolean): Promise<void> {
  const { shards, moves, now } = deps;
  for (const move of await moves.claimHalted(now(), now() + LEASE_MS)) {
    try {
      const parts = { source: databaseOf(shards, move.source), target: databaseOf(shards, move.target) };
      let isMore = true;
      let told = move;
      const tell = async (detail: string) => {
        await moves.tell(move, detail);
        told = { ...told, detail };
      };
      while (isMore && !isEnough()) isMore = await watchHalted(told, { ...parts, token: move.token ?? "", now }, tell);
    } catch (error) {
      deps.onFault(error, move);
    }
  }
}

/** The most characters of a fault that a move keeps. */
const MAX_FAULT = 500;

/** Leaves a move whose step failed to the next worker. The operator reads by what it failed. */
async function giveUp({ moves, now, onFault }: AdvanceMovesDeps, move: StoredMove, error: unknown): Promise<void> {
  onFault(error, move);
  const reason = error instanceof Error ? error.message : String(error);
  const fault = `At ${new Date(now()).toISOString()} a step failed while ${move.state}: ${reason}`;
  await moves.release(move, fault.slice(0, MAX_FAULT));
}

function databaseOf(shards: Shards, name: string): D1Database {
  const db = shards.all.get(name);
  if (!db) throw lacking(name);
  return db.$client;
}

function lacking(name: string): RangeError {
  return new RangeError(`this deployment has no shard ${name}`);
}
