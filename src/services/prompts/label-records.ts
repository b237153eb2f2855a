import { newId } from "../../domain/id.ts";
import type { LabelMove, MoveCause } from "../../domain/prompts/label-move.ts";
import type { SplitArm } from "../../domain/prompts/label.ts";
import type { Clock } from "../../lib/clock.ts";
import type { LabelStore, MadeMove, NewMove } from "../../storage/prompts/label-store.ts";
import type { LabelRepository } from "../../storage/prompts/labels.ts";
import type { PublishEvent } from "../webhooks/publish-event.ts";
import { type ChangePromptDeps, refreshPointer } from "./prompt-records.ts";

/** What the use cases of labels need, be they of prompts or of chains. */
export interface LabelDeps extends Clock {
  labels: LabelStore;
  /** Does what follows a move that is committed. */
  follow(move: MadeMove): Promise<void>;
}

/** What follows the move of a prompt's label needs. */
export interface FollowMoveDeps extends ChangePromptDeps {
  labels: LabelRepository;
  publishEvent: PublishEvent;
  /** Reports a failure in the background, under the name of its event. */
  onError(event: string, id: string, error: unknown): void;
}

/** What the use cases that move labels of prompts need. */
export interface MoveLabelDeps extends FollowMoveDeps, LabelDeps {
  labels: LabelRepository;
}

/** Who moves a label, and why. */
export interface Mover {
  /** Null where no key does. */
  key_id: string | null;
  reason?: string | null;
  /** That of the request, for those who are told of the move. */
  traceparent?: string | null;
}

/** A move that is made now. */
export function newMove(
  now: number,
  cause: MoveCause,
  to_split: SplitArm[] | null,
  { key_id, reason = null, traceparent = null }: Mover,
): NewMove {
  const id = newId("mov", now);
  return { id, key_id, cause, to_split, reason, promotion_id: null, traceparent, moved_at: now };
}

/**
 * What follows a committed move of a prompt's label: this data centre sees it at once, and webhooks are told.
 * Where that fails, the sweep tells them.
 */
export async function followMove(deps: FollowMoveDeps, move: MadeMove): Promise<void> {
  await refreshPointer(deps, move.tenant_id, move.name);
  await tellMove(deps, move).catch((error: unknown) => deps.onError("event_unpublished", move.id, error));
}

/** Stores the event of a move, once however often. */
export async function tellMove(deps: Pick<FollowMoveDeps, "labels" | "publishEvent">, move: MadeMove): Promise<void> {
  const { tenant_id, name, label, id, moved_at, traceparent } = move;
  await deps.publishEvent(tenant_id, {
    type: "label.moved",
    key: `label.moved/${id}`,
    prompt: name,
    at: moved_at,
    data: { prompt: name, label, ...eventData(move) },
    ...(traceparent !== null && { traceparent }),
  });
  await deps.labels.setTold(move, id);
}

function eventData({ from_split, to_split, cause, reason, key_id, promotion_id }: LabelMove) {
  return { split: to_split, from: from_split, cause, reason, key_id, promotion_id };
}

/** A move that was not told of for this long, ms, is told of by the sweep. */
const UNTOLD_MS = 60_000;
const SWEPT_AT_ONCE = 100;

/** Tells of moves that a Worker made and did not tell of. Returns how many. */
export async function sweepMoves(
  deps: Pick<FollowMoveDeps, "labels" | "publishEvent" | "now" | "onError">,
): Promise<number> {
  const untold = await deps.labels.untold(deps.now() - UNTOLD_MS, SWEPT_AT_ONCE);
  for (const move of untold) {
    await tellMove(deps, move).catch((error: unknown) => deps.onError("event_unpublished", move.id, error));
  }
  return untold.length;
}
