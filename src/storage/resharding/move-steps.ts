import { isCancellable, type MoveState } from "../../domain/shards/shard-move.ts";
import {
  closeSource,
  flipSource,
  hasFlipped,
  markForeign,
  openTarget,
  prepareSource,
  prepareTarget,
  releaseSource,
  reopenSource,
  withdrawTarget,
} from "../bucket-guards.ts";
import { endNotes, startNotes, stopNotes } from "./change-notes.ts";
import type { MoveStep, StoredMove } from "./stored-move.ts";
import { NOTES_A_STEP, RowMover, type WalkPosition } from "./row-mover.ts";

/** A source is closed this long at most; whoever waits reopens it then, ms. */
export const CLOSED_MS = 5_000;
/**
 * The worker itself gives up closing after this time, ms. It makes a dozen calls meanwhile, and may
 * be on another continent than the shards.
 */
const CLOSING_MS = 4_000;
/** Closings of a move that came to nothing before it is given up. */
const MOST_CLOSINGS = 100;
/** How long after the flip the source's rows stay; longer than a call to storage may take, ms. */
export const DRAIN_MS = 15_000;

/** The two databases of a move, and the worker's token. */
export interface MoveParts {
  source: D1Database;
  target: D1Database;
  token: string;
  now: () => number;
  /** Keys that one step reads from a table; {@link RowMover} knows how many are good. */
  keysAStep?: number;
}

/** Does the next bounded part of a move's work. Each may be repeated after a crash. */
export async function takeStep(move: StoredMove, parts: MoveParts): Promise<MoveStep> {
  const mover = new RowMover(move, parts.source, parts.target, parts.token, parts.keysAStep);
  const step = STEPS[move.state];
  if (await isTakenBack(move, parts)) return { result: "more" };
  return step ? step({ move, parts, mover }) : { result: "complete" };
}

/**
 * Whether a move is to be cancelled and has not flipped. Looked at before its step, which may fail
 * each time. Reopened first, so that a worker that was taken for dead cannot flip it afterwards.
 */
async function isTakenBack(move: StoredMove, { source }: MoveParts): Promise<boolean> {
  if (!move.cancel_requested || !isCancellable(move.state)) return false;
  if (move.state === "closing") await reopenSource(source, move.epoch);
  return !(await hasFlipped(source, move));
}

interface Work {
  move: StoredMove;
  parts: MoveParts;
  mover: RowMover;
}

const STEPS: Partial<Record<MoveState, (work: Work) => Promise<MoveStep>>> = {
  planned: prepare,
  copying: copy,
  verifying: verify,
  closing: close,
  draining: drain,
  deleting: remove,
  cancelling: withdraw,
};

async function prepare({ move, parts: { source, target, token } }: Work): Promise<MoveStep> {
  await prepareTarget(target, move, token);
  await prepareSource(source, move.epoch, token);
  await startNotes(source, move.epoch, token);
  return { result: "complete" };
}

async function copy({ move, mover }: Work): Promise<MoveStep> {
  const { rows, next } = await mover.copySome(placeOf(move));
  return goOn(next, { rows_copied: move.rows_copied + rows });
}

/** Applies notes first, as rows that wait for that differ. */
async function verify({ move, mover }: Work): Promise<MoveStep> {
  const { count } = await mover.applyNotes();
  if (count === NOTES_A_STEP) return { result: "more", change: {} };
  const isFirst = move.position.table === undefined;
  const { rows, recopied, digest, next } = await mover.compareSome(placeOf(move));
  return goOn(next, {
    rows_verified: (isFirst ? 0 : move.rows_verified) + rows,
    rows_recopied: move.rows_recopied + recopied,
    checksum: sumOf(isFirst ? null : move.checksum, digest),
  });
}

async function close(work: Work): Promise<MoveStep> {
  const { move, parts } = work;
  const { source, target, now } = parts;
  if (await hasFlipped(source, move)) {
    await openTarget(target, move.epoch);
    return { result: "complete", change: { flipped_at: move.flipped_at ?? now() } };
  }
  const { count } = await work.mover.applyNotes();
  if (count === NOTES_A_STEP) return { result: "more", change: {} };
  // As far as it can be done while others write, so that little is left to do.
  await work.mover.settleDerived(await work.mover.arrivedTenants());
  const startedAt = now();
  const closings = move.closings + 1;
  if (await closeAndFlip(work, startedAt)) {
    const closed_ms = now() - startedAt;
    await openTarget(target, move.epoch);
    return { result: "complete", change: { flipped_at: now(), closings, closed_ms } };
  }
  await reopenSource(source, move.epoch);
  // Whoever waits for the buckets gets its turn before they are closed again.
  if (closings < MOST_CLOSINGS) return { result: "more", change: { closings }, waits: true };
  return {
    result: "faulty",
    change: { closings, detail: `The source could not be handed over in ${closings} tries.` },
  };
}

/** Whether the move has flipped. Gives up where that takes too long. */
async function closeAndFlip({ move, parts, mover }: Work, startedAt: number): Promise<boolean> {
  const { source, token, now } = parts;
  const isLate = () => now() - startedAt > CLOSING_MS;
  await closeSource(source, move, token, startedAt + CLOSED_MS);
  if (!(await applyAll(mover, isLate))) return false;
  const tenants = await mover.arrivedTenants();
  await markForeign(source, move.epoch, tenants);
  // Sweeps have written until they saw those marks.
  if (!(await applyAll(mover, isLate))) return false;
  await mover.settleDerived(tenants);
  return !isLate() && (await flipSource(source, move, token));
}

/** Applies every note that there is. False where time is over, or a row is not the same after it. */
async function applyAll(mover: RowMover, isLate: () => boolean): Promise<boolean> {
  for (;;) {
    const { count, isSame } = await mover.applyNotes(true);
    if (!isSame || isLate()) return false;
    if (count < NOTES_A_STEP) return true;
  }
}

/** The rows that a move names which were written too late. */
const NAMED_ROWS = 50;

/**
 * Nobody writes the rows on the source any more; code without guards would. Then no more is noted,
 * or each write of the source would leave a row until somebody looks.
 */
async function drain({ move, parts, mover }: Work): Promise<MoveStep> {
  const { count, late } = await mover.lateChanges();
  if (late.length > 0) {
    await stopNotes(parts.source, move.epoch, parts.token);
    const others = late.length > NAMED_ROWS ? ` and ${late.length - NAMED_ROWS} more` : "";
    const detail = `Rows were written on ${move.source} after they had left: ${late.slice(0, NAMED_ROWS).join(", ")}${others}`;
    return { result: "faulty", change: { detail } };
  }
  if (count === NOTES_A_STEP) return { result: "more", change: {} };
  const isOver = parts.now() - (move.flipped_at ?? 0) >= DRAIN_MS;
  return isOver ? { result: "complete" } : { result: "more", waits: true };
}

async function remove({ move, parts: { source, token }, mover }: Work): Promise<MoveStep> {
  const place = placeOf(move);
  // Deleting needs no notes, and makes many.
  if (place.table === 0 && place.after === null) await endNotes(source, move.epoch, token);
  const { rows, next } = await mover.deleteFromSource(place);
  if (!next) await releaseSource(source, move.epoch);
  return goOn(next, { rows_deleted: move.rows_deleted + rows });
}

async function withdraw({ move, parts: { source, target, token }, mover }: Work): Promise<MoveStep> {
  const place = placeOf(move);
  if (place.table === 0 && place.after === null) {
    await reopenSource(source, move.epoch);
    await prepareSource(source, move.epoch, token);
    await prepareTarget(target, move, token);
    await endNotes(source, move.epoch, token);
  }
  const { rows, next } = await mover.deleteFromTarget(place);
  if (!next) {
    await withdrawTarget(target, move.epoch);
    await releaseSource(source, move.epoch);
  }
  return goOn(next, { rows_deleted: move.rows_deleted + rows });
}

function placeOf({ position: { table = 0, after = null } }: Pick<StoredMove, "position">): WalkPosition {
  return { table, after };
}

function goOn(next: WalkPosition | null, change: Partial<StoredMove>): MoveStep {
  if (next) return { result: "more", change: { ...change, position: { table: next.table, after: next.after } } };
  return { result: "complete", change: { ...change, position: {} } };
}

/** A checksum that does not depend on the order of rows: sixteen hexadecimal digits. */
function sumOf(before: string | null, digest: number): string {
  const sum = (BigInt(`0x${before ?? "0"}`) + BigInt(digest)) % 2n ** 64n;
  return sum.toString(16).padStart(16, "0");
}
