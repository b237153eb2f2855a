import type { SplitArm } from "./label.ts";

/** Names a label of a prompt, or of a chain, of a tenant. */
export interface LabelKey {
  tenant_id: string;
  name: string;
  label: string;
}

/** What moved a label. */
export const MOVE_CAUSES = [
  "set",
  "rollback",
  "promotion",
  "automatic_rollback",
  "deletion",
  "prompt_deletion",
  "chain_deletion",
] as const;
/** One of {@link MOVE_CAUSES}. */
export type MoveCause = (typeof MOVE_CAUSES)[number];

/** One move of a label: who moved it when, from what to what, and why. */
export interface LabelMove {
  id: string;
  /** Counts the moves of the label. */
  position: number;
  /** The API key that moved it; null where none did. */
  key_id: string | null;
  cause: MoveCause;
  /** What it meant before; null where it was not set. */
  from_split: SplitArm[] | null;
  /** What it means since; null where it is not set any more. */
  to_split: SplitArm[] | null;
  reason: string | null;
  promotion_id: string | null;
  /** Unix ms. */
  moved_at: number;
}

/** Whether two meanings of a label are the same. */
export function isSameSplit(one: readonly SplitArm[] | null, other: readonly SplitArm[] | null): boolean {
  return splitText(one) === splitText(other);
}

/** A meaning as it is stored and compared; null for none. */
export function splitText(split: readonly SplitArm[] | null): string | null {
  return split && JSON.stringify(split.map(({ version, weight }) => ({ version, weight })));
}

/** The version with the greatest weight of a split, and of equal ones the first. */
export function mainVersion(split: readonly SplitArm[]): number | undefined {
  return split.toSorted((a, b) => b.weight - a.weight)[0]?.version;
}

/**
 * What a label meant before its last move that is still in effect; null where it was not set, and
 * undefined where nothing is known. `moves` are the newest first. A rollback takes back the move
 * before it, so another one goes further back and not forward again.
 */
export function meaningBefore(
  moves: readonly LabelMove[],
  current: readonly SplitArm[],
): readonly SplitArm[] | null | undefined {
  const [last] = moves;
  // A Worker of an older version moves labels without a trace.
  if (last && !isSameSplit(last.to_split, current)) return last.to_split;
  let takenBack = 0;
  for (const { cause, from_split } of moves) {
    if (cause === "rollback" || cause === "automatic_rollback") takenBack += 1;
    else if (takenBack > 0) takenBack -= 1;
    // An automatic rollback may take back several moves of a split at once.
    else if (!isSameSplit(from_split, current)) return from_split;
  }
  return undefined;
}
