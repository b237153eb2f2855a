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
import { endNotes, startNotes } from "./change-notes.ts";
import type { MoveStep, StoredMove } from "./stored-move.ts";
import { type LateChanges, NOTES_A_STEP, RowMover, type WalkPosition } from "./row-mover.ts";

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
  const step = STEPS[move.state];
  if (await isTakenBack(move, parts)) return { result: "more" };
  return step ? step({ move, parts, mover: moverOf(move, parts) }) : { result: "complete" };
}

function moverOf(move: StoredMove, { source, target, token, keysAStep }: MoveParts): RowMover {
  return new RowMover(move, source, target, token, keysAStep);
}

/**
 * Takes a move back whose target is gone from the deployment, as far as its source knows of it.
 * Undefined where nobody asked for that, or the target answers already.
 */
export async function takeBackAlone(
  move: StoredMove,
  { source, token }: Pick<MoveParts, "source" | "token">,
): Promise<MoveStep | undefined> {
  if (move.state !== "cancelling") return (await isTakenBack(move, { source })) ? { result: "more" } : undefined;
  await reopenSource(source, move.epoch);
  await prepareSource(source, move.epoch, token);
  await endNotes(source, move.epoch, token);
  await releaseSource(source, move.epoch);
  return { result: "complete" };
}

/**
 * Whether a move is to be cancelled and has not flipped. Looked at before its step, which may fail
 * each time. Reopened first, so that a worker that was taken for dead cannot flip it afterwards.
 */
async function isTakenBack(move: StoredMove, { source }: Pick<MoveParts, "source">): Promise<boolean> {
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

/**
 * Applies notes first, as rows that wait for that differ. Goes on though there are more of them: a
 * source may change faster for a while than its changes can be applied.
 */
async function verify({ move, mover }: Work): Promise<MoveStep> {
  await mover.applyNotes();
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

/** Nobody writes the rows on the source any more; code without guards would. */
async function drain({ move, parts, mover }: Work): Promise<MoveStep> {
  const changes = await mover.lateChanges();
  if (changes.late.length > 0) return halt(move, changes);
  await changes.forget();
  if (changes.count === NOTES_A_STEP) return { result: "more", change: {} };
  const isOver = parts.now() - (move.flipped_at ?? 0) >= DRAIN_MS;
  return isOver ? { result: "complete" } : { result: "more", waits: true };
}

/** Has a person look at what was written too late. The notes are forgotten once the move names it. */
function halt(move: StoredMove, { late, forget }: LateChanges): MoveStep {
  return { result: "faulty", change: { detail: nameLate(move, late) }, after: forget };
}

/** What a move says of rows that were written too late, with those that it named before. */
function nameLate({ source, detail }: StoredMove, late: readonly string[]): string {
  const start = `Rows were written on ${source} after they had left: `;
  const [, before = "", more = "0"] = detail?.startsWith(start)
    ? (/: (.*?)(?: and (\d+) more)?$/.exec(detail) ?? [])
    : [];
  const news = late.filter((name) => !before.includes(name));
  const named = before === "" ? 0 : before.split("], ").length;
  const shown = news.slice(0, Math.max(0, NAMED_ROWS - named));
  const rest = Number(more) + news.length - shown.length;
  return `${start}${[before, ...shown].filter(Boolean).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/**
 * Sorts the notes of the source of a halted move, as long as code without guards writes there: those
 * of other rows are forgotten, and those of the move's own once `tell` has what the move says of
 * them. Returns whether there may be more notes.
 */
export async function watchHalted(
  move: StoredMove,
  parts: MoveParts,
  tell: (detail: string) => Promise<void>,
): Promise<boolean> {
  const { count, late, forget } = await moverOf(move, parts).lateChanges();
  if (late.length > 0) await tell(nameLate(move, late));
  await forget();
  return count === NOTES_A_STEP;
}

/** Nothing is deleted while a note tells of a row that nobody was told of. */
async function remove({ move, parts: { source, token }, mover }: Work): Promise<MoveStep> {
  const place = placeOf(move);
  if (place.table === 0 && place.after === null) {
    const changes = await mover.lateChanges();
    if (changes.late.length > 0) return halt(move, changes);
    await changes.forget();
    if (changes.count === NOTES_A_STEP) return { result: "more", change: {} };
    // Deleting needs no notes, and makes many.
    await endNotes(source, move.epoch, token);
  }
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
