/**
 * The states of a move in their order; docs/decisions/0045 says what happens in each. A move that
 * is `cancelling` takes its copies back. Moves end `done`, `cancelled` or `halted`; one that is
 * halted found after its flip what a person must look at, and deletes nothing until it is asked for
 * once more.
 */
export const MOVE_STATES = [
  "planned",
  "copying",
  "verifying",
  "closing",
  "draining",
  "deleting",
  "done",
  "cancelling",
  "cancelled",
  "halted",
] as const;
export type MoveState = (typeof MOVE_STATES)[number];

/** What a step of a move's work found. */
export type MoveStepResult =
  /** There is more of the same to do. */
  | "more"
  /** The state's work is complete. */
  | "complete"
  /** Something is wrong that no repetition mends. */
  | "faulty";

/** What follows each state whose work is complete. */
const AFTER: Partial<Record<MoveState, MoveState>> = {
  planned: "copying",
  copying: "verifying",
  verifying: "closing",
  closing: "draining",
  draining: "deleting",
  deleting: "done",
  cancelling: "cancelled",
};

/** The states in which the source answers and a move can be taken back. */
const BEFORE_FLIP = new Set<MoveState>(["planned", "copying", "verifying", "closing"]);

/** Whether a move can still be cancelled: its target answers for nothing yet. */
export function isCancellable(state: MoveState): boolean {
  return BEFORE_FLIP.has(state);
}

/** Whether nothing is left to do for a move. */
export function isOver(state: MoveState): boolean {
  return AFTER[state] === undefined;
}

/** Whether a move has begun and is not over: its source notes its changes for it alone. */
export function isUnderWay(state: MoveState): boolean {
  return state !== "planned" && !isOver(state);
}

/** The state of a move after a step. A request to cancel counts until the flip. */
export function nextState(state: MoveState, result: MoveStepResult, cancelRequested: boolean): MoveState {
  if (result === "complete" && state === "closing") return "draining";
  if (cancelRequested && isCancellable(state)) return "cancelling";
  if (result === "faulty") return isCancellable(state) ? "cancelling" : "halted";
  return result === "complete" ? (AFTER[state] ?? state) : state;
}

/** Buckets that one move takes from a shard. */
export interface PlannedMove {
  source: string;
  target: string;
  buckets: number[];
}

/** Each bucket once, in their order, as moves have them. */
export function sortedOnce(buckets: readonly number[]): number[] {
  return [...new Set(buckets)].toSorted((a, b) => a - b);
}

/** One move for each shard that has some of the buckets; none from the target itself. */
export function planMoves(
  buckets: readonly number[],
  target: string,
  ownerOf: (bucket: number) => string,
): PlannedMove[] {
  const bySource = Map.groupBy(
    sortedOnce(buckets).filter((bucket) => ownerOf(bucket) !== target),
    ownerOf,
  );
  return [...bySource].map(([source, some]) => ({ source, target, buckets: some }));
}
